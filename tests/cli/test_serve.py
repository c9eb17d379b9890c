"""`headgate serve`: real processes where the start itself matters, and what it prints."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from headgate import cli
from headgate.app import Ready
from headgate.cli import serve
from headgate.config import load
from tests.support.office import write_config


@contextmanager
def running(*arguments: str, cwd: Path) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "headgate.cli", "serve", *arguments]
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_it_says_where_it_listens_answers_and_ends_on_a_signal(tmp_path: Path) -> None:
    write_config(tmp_path)
    with running("--port", "0", "--json", cwd=tmp_path) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        with urllib.request.urlopen(f"{said['url']}/health/live", timeout=10) as answer:
            assert json.load(answer) == {"status": "live"}
        process.send_signal(signal.SIGTERM)
        _, logged = process.communicate(timeout=20)
    assert process.returncode == 0
    assert said["admin_key"].startswith("hg-")
    assert said["models"] == ["smart"]
    assert said["data_dir"] == str(tmp_path / "data")
    assert f"INFO headgate serving url={said['url']}" in logged
    assert said["admin_key"] not in logged
    assert "Traceback" not in logged


def test_serving_loads_no_terminal_library_and_no_web_framework() -> None:
    heavy = ("typer", "rich", "fastapi", "starlette", "jinja2", "alembic", "sqlalchemy")
    code = f"import sys; import headgate.cli, headgate.cli.serve; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_more_workers_are_refused_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["serve", "--workers", "2"]) == 1
    assert "shared counters" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "abc"], "argument --port: invalid int value: 'abc'"),
        (["--port", "70000"], "--port: input should be less than or equal to 65535"),
        (["--host", "no such host"], "--host: expected an address such as 127.0.0.1"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["--workers", "0"], "--workers must be 1"),
    ],
)
def test_a_wrong_command_line_is_said_in_one_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["serve", "-c", str(write_config(tmp_path)), *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"headgate: {sentence}")
    assert said.count("\n") == 1


def test_a_broken_configuration_names_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_config(tmp_path, "providers:\n  acme: { kind: openai, api_kee: x }\nmodels: []\n")
    assert cli.main(["serve", "-c", str(file)]) == 1
    said = capsys.readouterr().err
    assert f"{file}:2: providers.acme.api_kee: unknown setting" in said
    assert "Traceback" not in said


def test_a_port_that_is_taken_is_said_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["serve", "-c", str(write_config(tmp_path)), "--port", str(port)]) == 1
    assert capsys.readouterr().err.startswith(f"headgate: Cannot listen on 127.0.0.1 port {port}")


def test_a_data_directory_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    write_config(tmp_path)
    (tmp_path / "file").write_text("")
    with running("--port", "0", "--data-dir", "file", cwd=tmp_path) as process:
        said, logged = process.communicate(timeout=20)
    assert (process.returncode, said) == (1, "")
    assert "cannot be written" in logged
    assert logged.count("\n") == 1


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    read = load.load(write_config(tmp_path), {})
    settings = serve.override(read, "::1", 4321, Path("elsewhere"))
    assert (settings.server.host, settings.server.port, settings.data_dir) == ("::1", 4321, Path.cwd() / "elsewhere")
    assert settings.source == read.source
    assert serve.override(read, None, None, None) == read


def test_a_new_data_directory_shows_its_admin_key_and_an_old_one_none(tmp_path: Path) -> None:
    settings = load.load(write_config(tmp_path), {})
    new = serve.as_text(settings, Ready("http://127.0.0.1:4000", "hg-abc-secret"))
    assert "hg-abc-secret" in new
    assert "not shown again" in new
    old = serve.as_text(settings, Ready("http://127.0.0.1:4000", None))
    assert "admin key" not in old
    assert "\033" not in old, "colours are for terminals"
    assert "sk-canary" not in new


def test_what_was_decided_without_asking_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load.load(None, {"OPENAI_API_KEY": "sk-canary"})
    text = serve.as_text(settings, Ready("http://127.0.0.1:4000", None))
    assert "There is no headgate.yaml here" in text
    assert "and " in serve.listed([str(number) for number in range(20)])
    assert "canary" not in text


def test_help_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["serve", "--help"]) == 0
    assert "--data-dir" in capsys.readouterr().out
