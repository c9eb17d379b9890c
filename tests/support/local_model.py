"""A real language model as a process of its own, and what it is doing now."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.support.outside import ROOT

CONFIG = """
server: {{ port: 0, grace_period_ms: 2000, max_attempts: 1 }}
data_dir: {data_dir}
providers:
  local: {{ kind: openai, base_url: "{url}/v1", api_key: none, allow_private: true }}
  messages: {{ kind: anthropic, base_url: "{url}", api_key: none, allow_private: true }}
models:
  - name: small
    deployments: [{{ provider: local, model: smollm2 }}]
  - name: small-messages
    deployments: [{{ provider: messages, model: smollm2 }}]
prices:
  local/smollm2: {{ input_usd_per_mtok: 1, cache_read_usd_per_mtok: 0.1, output_usd_per_mtok: 2 }}
  messages/smollm2: {{ input_usd_per_mtok: 1, cache_read_usd_per_mtok: 0.1, output_usd_per_mtok: 2 }}
"""


class Model:
    """A model server that runs."""

    def __init__(self, url: str, process: subprocess.Popen[str]) -> None:
        self.url = url
        self.process = process
        self._client = httpx2.Client(base_url=url, trust_env=False, verify=False)

    def close(self) -> None:
        self._client.close()
        self.process.kill()
        self.process.communicate()

    @property
    def busy(self) -> int:
        """How many answers it is working on."""
        slots: list[dict[str, Any]] = self._client.get("/slots").json()
        return sum(slot["is_processing"] for slot in slots)

    @property
    def generated(self) -> int:
        """How many tokens it has produced in its life, those of unfinished answers not counted."""
        [line] = [line for line in self._client.get("/metrics").text.splitlines() if line.startswith("llamacpp:tokens_predicted_total ")]
        return int(float(line.split()[1]))

    def idle(self, timeout_s: float = 10) -> bool:
        """Whether it comes to rest within this time."""
        end = time.monotonic() + timeout_s
        while self.busy and time.monotonic() < end:
            time.sleep(0.02)
        return not self.busy


@contextmanager
def local_model(folder: Path) -> Generator[Model]:
    """SmolLM2-135M on one thread. It has all it needs in its package and is told to ask nobody for more."""
    offline = {"HF_HUB_OFFLINE": "1", "LLAMA_OFFLINE": "1"}
    command = [sys.executable, "-m", "tests.support.run_local_model"]
    with (folder / "model.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **offline}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            process.communicate()
            raise AssertionError(f"the model does not start: {(folder / 'model.log').read_text()[-2000:]}")
        model = Model(url, process)
        try:
            yield model
        finally:
            model.close()
