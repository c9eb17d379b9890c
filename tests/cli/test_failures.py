"""How a command ends."""

from __future__ import annotations

import pytest

from headgate.cli import failures
from headgate.cli.failures import UsageWrong
from headgate.control.refusals import KeyUnknown, NameInvalid
from headgate.core.errors import ConfigError
from headgate.core.stores import StoreUnavailable


@pytest.mark.parametrize(
    ("failure", "status", "said"),
    [
        (ConfigError("headgate.yaml:3: bad"), 1, "headgate: headgate.yaml:3: bad\n"),
        (ConfigError("a:1: bad\na:2: bad"), 1, "headgate: the configuration has 2 mistakes.\na:1: bad\na:2: bad\n"),
        (UsageWrong("No such command 'x'."), 2, "headgate: No such command 'x'.\n"),
        (NameInvalid("The name is empty."), 1, "headgate: The name is empty.\n"),
        (StoreUnavailable("The store is locked."), 4, "headgate: The store is locked.\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_a_failure_is_a_status_and_a_sentence(failure: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> int:
        raise failure

    assert failures.told(command) == status
    assert capsys.readouterr() == ("", said)


def test_what_is_not_there_has_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> int:
        raise KeyUnknown("abc")

    assert failures.told(command) == 3


def test_a_fault_is_a_sentence_with_its_place_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> int:
        raise LookupError("a canary")

    assert failures.told(command) == 70
    said = capsys.readouterr().err
    assert said.startswith("headgate: This is a fault in Headgate: LookupError at ")
    assert said.count("\n") == 1
    assert "canary" not in said


def test_every_status_is_documented() -> None:
    documented = {status for status, _ in failures.DOCUMENTED}
    assert documented >= {*failures.STATUSES.values(), failures.REFUSED, failures.USAGE, failures.FAULT, failures.INTERRUPTED}
