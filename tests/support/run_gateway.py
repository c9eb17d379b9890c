"""A gateway process for tests: `python -m tests.support.run_gateway CONFIG` prints one JSON line once it answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from headgate import app
from headgate.config import load


def main() -> None:
    settings = load.load(Path(sys.argv[1]), load.environment())
    app.run(settings, lambda ready: print(json.dumps({"url": ready.url, "admin_key": ready.admin_key}), flush=True))


if __name__ == "__main__":
    main()
