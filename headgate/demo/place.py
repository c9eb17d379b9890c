"""Where the demo lives: its folder, its configuration, a free port, and the child process with the providers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from headgate.core.errors import ConfigError
from headgate.ledger import recovery

HOST = "127.0.0.1"
CONFIG = "headgate.yaml"
LOG = "log.txt"

PORTS_TRIED = 20

TEMPLATE = """\
# Written by `headgate demo` each time it starts. The providers are simulated: nothing leaves this machine.
server: {{ host: {host}, port: {port} }}
data_dir: data
providers:
  openai:    {{ kind: openai,    base_url: "{providers}/v1", api_key: sim-key, allow_private: true }}
  openai-eu: {{ kind: openai,    base_url: "{providers}/v1", api_key: sim-key, allow_private: true }}
  anthropic: {{ kind: anthropic, base_url: "{providers}",    api_key: sim-key, allow_private: true }}
models:
  - name: smart                       # two deployments: one is tried when the other fails
    deployments:
      - {{ provider: openai,    model: gpt-4.1, weight: 3 }}
      - {{ provider: openai-eu, model: gpt-4.1, weight: 1 }}
  - name: fast
    deployments: [{{ provider: openai, model: gpt-4.1-mini }}]
  - name: claude
    deployments: [{{ provider: anthropic, model: claude-sonnet-4-5 }}]
  - name: embeddings
    deployments: [{{ provider: openai, model: text-embedding-3-small }}]
"""


@contextmanager
def held(folder: Path) -> Generator[None]:
    """The folder, made if need be, for one demo at a time. Raises ConfigError."""
    with ExitStack() as stack:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            alone = stack.enter_context(recovery.holding(folder / "demo.lock", make=True))
        except OSError as cause:
            raise ConfigError(f"The folder {folder} cannot be written ({cause.strerror}). Choose another with --dir.") from cause
        if not alone:
            raise ConfigError(f"Another demo runs in {folder}. Stop it, or choose another folder with --dir.")
        yield


def free_port(wanted: int) -> int:
    """The first free port from `wanted` on; any, where all of those are taken."""
    for port in (*range(wanted, min(wanted + PORTS_TRIED, 65_536)), 0):
        try:
            with socket.create_server((HOST, port)) as listener:
                return int(listener.getsockname()[1])
        except OSError:
            continue
    raise ConfigError("There is no free port on this machine.")


def write_config(folder: Path, port: int, providers: str) -> Path:
    file = folder / CONFIG
    file.write_text(TEMPLATE.format(host=HOST, port=port, providers=providers), encoding="utf-8")
    return file


@contextmanager
def providers() -> Generator[str]:
    """The URL of simulated providers, which end with the block. Raises ConfigError."""
    command = [sys.executable, "-m", "headgate.demo.providers", str(os.getpid())]
    # A session of its own: Ctrl-C is for the gateway, whose running requests may still need their providers.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise ConfigError("The simulated providers did not start.")
        yield url
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def logged(file: Path) -> Generator[None]:
    """What this process and its children write to stderr goes to a file, so that the terminal stays readable."""
    sys.stderr.flush()
    terminal = os.dup(2)
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    os.close(log)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(terminal, 2)
        os.close(terminal)
