"""Reading configuration: every mistake gives its line and what to write, and what is right is read as meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from headgate.config import load
from headgate.core.errors import ConfigError

ENV = {"OPENAI_API_KEY": "sk-canary-1", "PORT": "4001", "WORD": "sk-canary-2", "EMPTY": "", "BREAK": "sk-canary\n3"}

PROVIDERS = "providers: { openai: { kind: openai, api_key: k } }"
MODELS = "models: [{ name: m, deployments: [{ provider: openai, model: gpt-4.1 }] }]"
BOTH = f"{PROVIDERS}\n{MODELS}\n"


def mistakes() -> Iterator[tuple[str, str, str]]:
    """The cases of mistakes.txt: name, file, message."""
    _, *cases = Path(__file__).with_name("mistakes.txt").read_text().split("\n# ")
    for case in cases:
        name, *lines = case.splitlines()
        file = "\n".join(line[2:] for line in lines if line.startswith("|")).replace("→", "\t")
        message = "\n".join(line[2:] for line in lines if line.startswith(">"))
        yield name, file.replace("PROVIDERS", PROVIDERS).replace("MODELS", MODELS) + "\n", message


MISTAKES = list(mistakes())
LAUGHS = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{after}: &{after} [{','.join([f'*{before}'] * 10)}]\n" for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


def complaint(tmp_path: Path, text: str | bytes) -> str:
    file = tmp_path / "headgate.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as raised:
        load.load(file, ENV)
    return str(raised.value).replace(f"{tmp_path}/", "")


@pytest.mark.parametrize(("text", "message"), [pytest.param(text, message, id=name) for name, text, message in MISTAKES])
def test_a_mistake_is_named_with_its_line_and_what_to_write(tmp_path: Path, text: str, message: str) -> None:
    assert complaint(tmp_path, text) == message


@pytest.mark.parametrize("text", [text for _, text, _ in MISTAKES])
def test_no_message_repeats_what_a_variable_holds(tmp_path: Path, text: str) -> None:
    assert "canary" not in complaint(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: " + "[" * 100_000, "headgate.yaml:1: nested deeper than 32 levels"),
        (LAUGHS, "headgate.yaml:5: its aliases make more than 20000 values or 32 levels"),
        ("# \n" * 400_000, "headgate.yaml:1: the file is larger than 1048576 bytes"),
        ("server:\n  host: \x01", "headgate.yaml:2: the file holds a control character here"),
        ("server:\n  host: \ue000", "headgate.yaml:2: the character U+E000 cannot be used"),
    ],
    ids=["nested", "laughs", "large", "control", "mark"],
)
def test_what_could_harm_the_reader_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert complaint(tmp_path, text) == message


def test_an_empty_file_is_told_what_it_needs(tmp_path: Path) -> None:
    needs = complaint(tmp_path, "").splitlines()
    assert [line.partition(" is configured")[0] for line in needs] == [
        "headgate.yaml:1: providers: no provider",
        "headgate.yaml:1: models: no model",
    ]


def test_a_file_that_is_not_utf_8_is_refused_at_the_line(tmp_path: Path) -> None:
    assert complaint(tmp_path, b"server:\n  host: \xff\n") == "headgate.yaml:2: the file is not UTF-8 here"


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^nowhere/headgate\.yaml: cannot be read: no such file or directory$"):
        load.load(Path("nowhere/headgate.yaml"), {})


def test_all_mistakes_of_a_file_are_told_together_in_the_order_of_its_lines(tmp_path: Path) -> None:
    text = """
server: { prot: 4000, host: 127.0.0.1 }
journal: { fsync: never }
providers:
  openai: { kind: openai, api_key: "${MISSING}" }
  other: { kind: opnai, api_key: k }
models:
  - { name: a, deployments: [{ provider: opennai, model: x }], fallbacks: [b] }
  - { name: c, deployments: [{ provider: openai, model: y, weight: 0 }] }
"""
    assert complaint(tmp_path, text).splitlines() == [
        "headgate.yaml:2: server.prot: unknown setting; did you mean port?",
        'headgate.yaml:3: journal.fsync: expected interval or always, got "never"',
        "headgate.yaml:5: providers.openai.api_key: the environment variable MISSING is not set",
        'headgate.yaml:6: providers.other.kind: no kind of provider is called "opnai"; there are: anthropic, openai',
        'headgate.yaml:8: models[0].deployments[0].provider: no provider is called "opennai"; did you mean openai?',
        'headgate.yaml:8: models[0].fallbacks[0]: no model is called "b"; there are: a, c',
        "headgate.yaml:9: models[1].deployments[0].weight: must be greater than 0, got 0",
    ]


def test_the_example_of_the_documentation_is_read(tmp_path: Path) -> None:
    file = tmp_path / "headgate.yaml"
    file.write_text(
        """
server: { host: 127.0.0.1, port: ${PORT} }
data_dir: ./data
providers:
  openai: { kind: openai, api_key: ${OPENAI_API_KEY} }
  claude: { kind: anthropic, api_key: '${ANTHROPIC_API_KEY:-a, b: c}' }
  local:  { kind: openai, base_url: http://127.0.0.1:${LOCAL_PORT:-8000}/v1, api_key: none, allow_private: ${PRIVATE:-true} }
models:
  - name: smart
    deployments:
      - { provider: claude, model: claude-sonnet-4-5, weight: 3 }
      - { provider: openai, model: gpt-4.1 }
    fallbacks: [gpt-4.1]
  - name: gpt-4.1
    deployments: [{ provider: openai, model: gpt-4.1 }]
""".replace("a, b: c", "a,b:c")
    )
    settings = load.load(file, ENV)
    assert settings.server.port == 4001
    assert settings.data_dir == tmp_path / "data"
    assert settings.providers["openai"].options.api_key == SecretStr("sk-canary-1")
    assert settings.providers["claude"].options.api_key == SecretStr("a,b:c")
    assert settings.providers["local"].build().origin.port == 8000
    assert settings.providers["local"].options.allow_private is True
    assert [deployment.weight for deployment in settings.models[0].deployments] == [3, 1]
    assert settings.models[0].fallbacks == ("gpt-4.1",)
    assert "canary" not in repr(settings)


def test_without_a_data_dir_the_data_is_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "headgate.yaml"
    file.write_text(BOTH)
    assert load.load(file, ENV).data_dir == tmp_path / "data"


def test_without_a_file_the_known_variables_decide_what_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load.load(None, {"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": ""})
    assert list(settings.providers) == ["anthropic"]
    assert {deployment.provider for model in settings.models for deployment in model.deployments} == {"anthropic"}
    assert settings.source.notes[0] == "There is no headgate.yaml here; serving the built-in models."
    assert settings.source.notes[1].startswith("ANTHROPIC_API_KEY is set: claude-")
    assert settings.data_dir == tmp_path / "data"


def test_without_a_file_and_without_keys_there_is_nothing_to_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as raised:
        load.load(None, {})
    assert str(raised.value) == (
        "There is no headgate.yaml here, and neither OPENAI_API_KEY nor ANTHROPIC_API_KEY is set: set one of them or write headgate.yaml."
    )


def test_the_file_of_the_current_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "headgate.yaml").write_text(BOTH + "server: { port: 4321 }")
    monkeypatch.chdir(tmp_path)
    settings = load.load(None, {"ANTHROPIC_API_KEY": "k"})
    assert (settings.server.port, list(settings.providers), settings.source.notes) == (4321, ["openai"], ())
    assert load.data_dir(None, {}) == tmp_path / "data"


def test_the_data_dir_is_found_where_the_keys_are_not_set(tmp_path: Path) -> None:
    file = tmp_path / "headgate.yaml"
    file.write_text("data_dir: ${HOME}/data\nproviders: { openai: { kind: openai, api_key: ${MISSING} } }")
    assert load.data_dir(file, {"HOME": "/srv"}) == Path("/srv/data")
    with pytest.raises(ConfigError, match=r":1: data_dir: the environment variable HOME is not set"):
        load.data_dir(file, {})
    file.write_text("data_dir: [a]")
    with pytest.raises(ConfigError, match=r":1: data_dir: expected the path of a folder"):
        load.data_dir(file, {})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("providers: { a: { kind: openai, api_key: '${NOT_SET}' } }\nmodels: [{ name: one }, { name: two, more: 1 }]", {"one", "two"}),
        ("models: []", set[str]()),
        ("models: [one, { name: 7 }, { nam: two }]", set[str]()),
        ("models: one", None),
        ("data_dir: here", None),
        ("models: [", None),
        ("", None),
    ],
)
def test_the_aliases_are_found_where_keys_are_not_set_and_mistakes_are_for_others_to_tell(
    tmp_path: Path, text: str, names: set[str] | None
) -> None:
    (tmp_path / "headgate.yaml").write_text(text)
    assert load.aliases(tmp_path / "headgate.yaml", {}) == names


def test_without_a_file_no_aliases_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load.aliases(None, {"OPENAI_API_KEY": "k"}) is None


def test_the_environment_is_the_process_s() -> None:
    assert "PATH" in load.environment()
