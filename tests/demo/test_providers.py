"""The simulated providers never outlive the demo."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request

import psutil

from headgate.demo import place

CALL = json.dumps({"model": "gpt-4.1", "messages": [{"role": "user", "content": "hi"}]}).encode()


def test_they_answer_inside_the_block_and_end_with_it() -> None:
    with place.providers() as url:
        call = urllib.request.Request(
            f"{url}/v1/chat/completions", CALL, {"authorization": "Bearer sim-key", "content-type": "application/json"}
        )
        with urllib.request.urlopen(call, timeout=10) as answer:
            assert json.load(answer)["object"] == "chat.completion"
        (child,) = [each for each in psutil.Process().children() if "headgate.demo.providers" in each.cmdline()]
    assert not child.is_running()


def test_they_end_when_their_parent_is_killed() -> None:
    code = "import time; from headgate.demo import place\nwith place.providers() as url:\n print(url, flush=True)\n time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline().startswith("http://127.0.0.1:")
    (child,) = psutil.Process(parent.pid).children()
    parent.kill()
    parent.communicate()
    child.wait(timeout=10)
