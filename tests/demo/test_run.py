"""The whole demo, as somebody starts it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from headgate import cli


@contextmanager
def running(cwd: Path, *arguments: str) -> Generator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "headgate", "demo", "--port", "0", "--json", *arguments]
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def get(url: str, key: str) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"authorization": f"Bearer {key}"}), timeout=10) as answer:
        return json.load(answer)


def test_the_demo_serves_has_a_past_and_leaves_no_process(tmp_path: Path, capsys: Any) -> None:
    with running(tmp_path, "--seconds-of-traffic", "10") as (process, said):
        assert [model["id"] for model in get(f"{said['url']}/v1/models", said["key"])["data"]] == ["smart", "fast", "claude", "embeddings"]
        days = get(f"{said['url']}/admin/api/usage?by=day", said["admin_key"])["usage"]
        assert len(days) >= 13
        assert said["requests_sent"] == 40
        config = ["-c", str(tmp_path / said["config"])]
        assert cli.main(["explain", said["explain"], *config]) == 0
        assert cli.main(["usage", "--by", "team", *config]) == 0
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        _, logged = process.communicate(timeout=30)
    assert (process.returncode, logged) == (0, "")
    assert len(children) >= 2
    assert [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []
    assert "Website" in capsys.readouterr().out


def test_a_second_run_in_the_same_folder_works(tmp_path: Path) -> None:
    answers: list[int] = []
    for _ in range(2):
        with running(tmp_path, "--seconds-of-traffic", "1") as (process, said):
            answers.append(get(f"{said['url']}/admin/api/usage?by=alias", said["admin_key"])["cost_nano"])
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        assert process.returncode == 0
    assert answers[1] >= answers[0] > 0
