from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request


def test_the_command_prints_its_address_and_stops_on_sigterm() -> None:
    command = [sys.executable, "-m", "headgate.simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("simulator listening on http://127.0.0.1:")
        request = urllib.request.Request(line.split()[-1] + "/v1/models", headers={"authorization": "Bearer sim-key"})
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
