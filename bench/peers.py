"""Other gateways, installed for the occasion into a temporary folder. Asked for with PEERS=1."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from bench import workload
from bench.stacks import Launch, Setup, Unavailable, free_port

INSTALL_PATIENCE_S = 900
LITELLM_KEY = "sk-bench"


def portkey(folder: Path, upstream: int) -> Launch:
    """Portkey's gateway as its npm package starts it. Raises Unavailable."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise Unavailable("node and npm are not installed (apt-get install nodejs npm)")
    _install(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), "@portkey-ai/gateway"], folder)
    package = folder / "node_modules" / "@portkey-ai" / "gateway"
    port = free_port()
    return Launch(
        name="portkey",
        version=str(json.loads((package / "package.json").read_text())["version"]),
        command=["node", str(package / "build" / "start-server.js"), f"--port={port}", "--headless"],
        folder=folder,
        port=port,
        headers={
            "authorization": f"Bearer {workload.PROVIDER_KEY}",
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": f"http://127.0.0.1:{upstream}/v1",
        },
        models=workload.models(),
        env={"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1,localhost"},
    )


def litellm(folder: Path, upstream: int) -> Launch:
    """LiteLLM's proxy without a database. Raises Unavailable."""
    python = folder / "venv" / "bin" / "python"
    if uv := shutil.which("uv"):
        _install([uv, "venv", "--python", sys.executable, str(folder / "venv")], folder)
        _install([uv, "pip", "install", "--python", str(python), "litellm[proxy]"], folder)
    else:
        _install([sys.executable, "-m", "venv", str(folder / "venv")], folder)
        _install([str(python), "-m", "pip", "install", "--quiet", "litellm[proxy]"], folder)
    found = "import importlib.metadata as m; print(m.version('litellm'))"
    version = subprocess.run([str(python), "-c", found], capture_output=True, text=True, check=False).stdout.strip()
    base = f"http://127.0.0.1:{upstream}/v1"
    listed = [
        {"model_name": alias, "litellm_params": {"model": f"openai/{model}", "api_base": base, "api_key": workload.PROVIDER_KEY}}
        for alias, model in workload.models().items()
    ]
    (folder / "config.yaml").write_text(json.dumps({"model_list": listed, "general_settings": {"master_key": LITELLM_KEY}}, indent=2))
    port = free_port()
    return Launch(
        name="litellm",
        version=version,
        command=[str(folder / "venv" / "bin" / "litellm"), "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)],
        folder=folder,
        port=port,
        headers={"authorization": f"Bearer {LITELLM_KEY}"},
        models={alias: alias for alias in workload.models()},
        env={"LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_DOCS": "True"},
    )


def _install(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=INSTALL_PATIENCE_S)
    except subprocess.TimeoutExpired as cause:
        raise Unavailable(f"{' '.join(command[:3])} took longer than {INSTALL_PATIENCE_S} s") from cause
    if done.returncode:
        raise Unavailable(f"{' '.join(command[:3])} failed: {(done.stderr or done.stdout).strip()[-300:]}")


PEERS: dict[str, Setup] = {"portkey": portkey, "litellm": litellm}
