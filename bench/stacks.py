"""What is measured: how each stack is set up, started and called."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench import process, workload

ROOT = Path(__file__).parent.parent
START_PATIENCE_S = 90.0


class Unavailable(Exception):
    """The stack cannot be measured here; the message says what is missing and how to get it."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A stack that is set up: how to start it and how to call it."""

    name: str
    version: str
    command: list[str]
    folder: Path
    port: int
    headers: Mapping[str, str]
    models: Mapping[str, str]
    """Alias → what is written into "model"."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    helpers_aside: bool = False
    """Whether its child processes are helpers that run on a core of their own; otherwise they are the gateway."""

    def body(self, alias: str, *, stream: bool = False) -> bytes:
        return workload.body(self.models[alias], stream)


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that answers."""

    launch: Launch
    pid: int
    started_in_ms: float
    """From spawn to the first proxied answer."""

    @property
    def gateway(self) -> list[int]:
        """The processes that are charged for its work."""
        return [self.pid] if self.launch.helpers_aside else process.family(self.pid)

    @property
    def helpers(self) -> list[int]:
        return process.family(self.pid)[1:] if self.launch.helpers_aside else []


@contextlib.contextmanager
def started(launch: Launch, core: int, aside: int) -> Generator[Running]:
    """The stack on a core, its helpers on another, answering; leaving ends it. Raises Unavailable where it does not come up."""
    begun = time.perf_counter()
    with process.running(launch.command, core, launch.folder, launch.env) as popen:
        _wait_for_an_answer(launch, popen)
        stack = Running(launch, popen.pid, (time.perf_counter() - begun) * 1000)
        process.pin(stack.helpers, aside)
        yield stack


def _wait_for_an_answer(launch: Launch, popen: subprocess.Popen[bytes]) -> None:
    last, ends = "no answer", time.monotonic() + START_PATIENCE_S
    while time.monotonic() < ends:
        if popen.poll() is not None:
            raise Unavailable(f"{launch.name} ended with {popen.returncode}: {_tail(launch.folder / 'log')}")
        connection = HTTPConnection("127.0.0.1", launch.port, timeout=10)
        try:
            connection.request("POST", workload.PATH, launch.body(workload.PLAIN), {"content-type": "application/json", **launch.headers})
            answer = connection.getresponse()
            last = f"{answer.status} {answer.read()[:300]!r}"
            if answer.status == 200:
                return
        except (OSError, HTTPException) as cause:
            last = last if isinstance(cause, ConnectionRefusedError) else repr(cause)
        finally:
            connection.close()
        time.sleep(0.002)
    raise Unavailable(f"{launch.name} did not answer: {last}; {_tail(launch.folder / 'log')}")


def _tail(log: Path) -> str:
    return " | ".join(log.read_text(errors="replace").strip().splitlines()[-3:]) if log.exists() else ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def direct(folder: Path, port: int) -> Launch:
    """The simulated provider itself: what a proxy is compared with."""
    return Launch(
        name="direct",
        version="",
        command=[sys.executable, "-m", "headgate.simulator", "--port", str(port)],
        folder=folder,
        port=port,
        headers={"authorization": f"Bearer {workload.PROVIDER_KEY}"},
        models=workload.models(),
        env={"PYTHONPATH": str(ROOT)},
    )


NGINX_CONF = """
daemon off;
master_process on;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000000;
    upstream provider {{ server 127.0.0.1:{upstream}; keepalive 1024; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }}
    }}
}}
"""


def nginx(folder: Path, upstream: int) -> Launch:
    """nginx as a bare reverse proxy: the limit. Raises Unavailable."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        raise Unavailable("nginx is not installed (apt-get install nginx-light)")
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX_CONF.format(folder=folder, upstream=upstream, port=port))
    version = subprocess.run([found, "-v"], capture_output=True, text=True, check=False).stderr.strip().rpartition("/")[2]
    return Launch(
        name="nginx",
        version=version,
        command=[found, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")],
        folder=folder,
        port=port,
        headers={"authorization": f"Bearer {workload.PROVIDER_KEY}"},
        models=workload.models(),
    )


def headgate(folder: Path, upstream: int) -> Launch:
    """Headgate with everything on that is on by default. Raises Unavailable."""
    port = free_port()
    config = folder / "headgate.yaml"
    deployments = {alias: {"provider": "sim", "model": model} for alias, model in workload.models().items()}
    provider = {"kind": "openai", "base_url": f"http://127.0.0.1:{upstream}/v1", "api_key": workload.PROVIDER_KEY, "allow_private": True}
    price = {"input_usd_per_mtok": 2.0, "cache_read_usd_per_mtok": 0.5, "output_usd_per_mtok": 8.0}
    settings = {
        "server": {"host": "127.0.0.1", "port": port},
        "data_dir": str(folder / "data"),
        "providers": {"sim": provider},
        "models": [{"name": alias, "deployments": [deployment]} for alias, deployment in deployments.items()],
        "prices": {f"sim/{model}": price for model in workload.models().values()},
    }
    config.write_text(json.dumps(settings, indent=2))  # JSON is YAML
    command = [sys.executable, "-m", "headgate.cli"]
    made = subprocess.run(
        [*command, "keys", "create", "--name", "bench", "--json", "-c", str(config)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if made.returncode:
        raise Unavailable(f"headgate made no key: {made.stderr.strip()[-300:]}")
    return Launch(
        name="headgate",
        version=_headgate_version(),
        command=[*command, "serve", "-c", str(config), "--port", str(port)],
        folder=folder,
        port=port,
        headers={"authorization": f"Bearer {json.loads(made.stdout)['key']}"},
        models={alias: alias for alias in workload.models()},
        env={"PYTHONPATH": str(ROOT)},
        helpers_aside=True,
    )


def _headgate_version() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    changed = subprocess.run(["git", "status", "--porcelain", "headgate"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return found + ("+" if changed.strip() else "")


Setup = Callable[[Path, int], Launch]
OWN: dict[str, Setup] = {"nginx": nginx, "headgate": headgate}
