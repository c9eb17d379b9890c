"""X3: secrets and prompts appear nowhere but where they belong: not in logs at debug level, not in the journal, the store or an error."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from headgate.ledger import journal
from tests.support.client import ask
from tests.support.dialects import DIALECTS
from tests.support.outside import Outside, simulating
from tests.support.watched import Watch

PROVIDER_KEY = "sim-canary-4f1d2c9b77aa"
HEADER_SECRET = "hdr-canary-8a61b03d52ce"
PROMPT = "prompt-canary-0b7e93d1f4c8"
OTHER_KEY = "sk-canary-55c8e1a09d3b"

CONFIG = """
server: {{ port: 0, grace_period_ms: 2000, max_attempts: 2, body_limit_bytes: 100000 }}
data_dir: {data_dir}
providers:
  openai:
    kind: openai
    base_url: "{url}/v1"
    api_key: sim-canary-4f1d2c9b77aa
    headers: {{ x-tenant-secret: hdr-canary-8a61b03d52ce }}
    allow_private: true
    deadlines: {{ first_byte_ms: 200, between_chunks_ms: 200 }}
  claude:
    kind: anthropic
    base_url: "{url}"
    api_key: sim-canary-4f1d2c9b77aa
    allow_private: true
    deadlines: {{ first_byte_ms: 200, between_chunks_ms: 200 }}
  nowhere: {{ kind: openai, base_url: "http://127.0.0.1:9/v1", api_key: sim-canary-4f1d2c9b77aa, allow_private: true }}
models:
  - name: gpt
    deployments: [{{ provider: openai, model: gpt-4.1 }}]
  - name: claude
    deployments: [{{ provider: claude, model: claude-sonnet-4-5 }}]
  - name: away
    deployments: [{{ provider: nowhere, model: gpt-4.1 }}]
"""

FAULTS = ("", "status=500", "status=401", "status=400", "cut=0", "cut=6", "garbage=json", "stall=accept", "error_event=1", "usage=none")


async def everything(url: str, key: str) -> list[bytes]:
    """All kinds of good and bad requests; what came back of the bad ones."""
    errors: list[bytes] = []
    said = {"messages": [{"role": "user", "content": PROMPT}]}
    for dialect in DIALECTS:
        for stream in (False, True):
            for fault in FAULTS:
                answer = await ask(url, dialect.path, dialect.body(stream) | said, key=key, headers={"x-sim": fault, "x-canary": PROMPT})
                if answer.status != 200 or fault:
                    errors.append(answer.body + str(answer.headers).encode())
        bad: list[object] = [{"model": "gpt", "messages": PROMPT}, {"model": "nobody", **said}, f'{{"{PROMPT}'.encode(), b"x" * 200_000]
        for body in bad:
            errors.append((await ask(url, dialect.path, body, key=key)).body)
        for wrong in (OTHER_KEY, key[:-1] + "!", f"hg-{OTHER_KEY}-{OTHER_KEY}"):
            errors.append((await ask(url, dialect.path, dialect.body(False) | said, key=wrong)).body)
    away = DIALECTS[0].body(False) | said | {"model": "away"}
    errors.append((await ask(url, DIALECTS[0].path, away, key=key)).body)
    errors.append((await ask(url, f"/v1/nothing/{key}", None)).body)
    errors.append((await ask(url, "/health/ready", None, key=key)).body)
    return errors


def test_no_canary_gets_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    watch = Watch(tmp_path, level="DEBUG")
    for name, value in watch.environment.items():
        monkeypatch.setenv(name, value)
    with simulating() as url:
        gateway = Outside(tmp_path, url, CONFIG)
        gateway.start()
        try:
            key = gateway.new_key()
            assert gateway.admin_key is not None
            secrets = [PROVIDER_KEY, HEADER_SECRET, PROMPT, OTHER_KEY, key.rpartition("-")[2], gateway.admin_key.rpartition("-")[2]]
            errors = asyncio.run(wait_and_ask(gateway.url, key))
            in_journal = b"".join(path.read_bytes() for path in (gateway.data_dir / journal.FOLDER).iterdir())
        finally:
            gateway.end()
    printed = capfd.readouterr().err.encode()
    files = b"".join(path.read_bytes() for path in gateway.data_dir.rglob("*") if path.is_file())
    assert b"DEBUG" in printed or b"INFO" in printed, "no log was captured"
    assert len(gateway.rows()) > 40 and b"gpt-4.1" in files
    found = {
        (where, secret)
        for secret in map(str.encode, secrets)
        for where, text in (("log", printed), ("journal", in_journal), ("data", files), ("errors", b"".join(said for said in errors)))
        if secret in text
    }
    # A client gets its own words back only where it misspelled a path or a model: never a secret of somebody else.
    assert found <= {("errors", key.rpartition("-")[2].encode())}


async def wait_and_ask(url: str, key: str) -> list[bytes]:
    async with asyncio.timeout(5):
        while (await ask(url, "/v1/models", None, key=key)).status != 200:
            await asyncio.sleep(0.05)
    return await everything(url, key)
