from __future__ import annotations

import pytest

from headgate.simulator.directive import HEALTHY, BadDirective, Directive, read, split_model, within


def test_header_and_model_suffix_write_the_same_directive() -> None:
    assert read("status=500;retry_after=2") == read("status=500&retry_after=2") == Directive(status=500, retry_after=2)


def test_later_texts_win() -> None:
    assert read("tokens=5&rate=10", "tokens=7") == Directive(tokens=7, rate=10)


def test_no_text_is_a_healthy_provider() -> None:
    assert read("", "") is HEALTHY


def test_a_name_alone_is_a_flag() -> None:
    assert read("cut=3;reset") == Directive(cut=3, reset=True)


@pytest.mark.parametrize("text", ["stahl=mid", "stall=middle", "tokens=many"])
def test_what_is_misspelled_is_refused(text: str) -> None:
    with pytest.raises(BadDirective, match="x-sim"):
        read(text)


def test_fail_first_alone_fails_with_500() -> None:
    assert read("fail_first=2").status == 500
    assert read("fail_first=2;cut=1").status == 0


def test_the_model_keeps_its_name() -> None:
    assert split_model("gpt-4.1?status=500&after=2") == ("gpt-4.1", "status=500&after=2")
    assert split_model("gpt-4.1") == ("gpt-4.1", "")


def test_outside_its_window_only_the_manners_stay() -> None:
    wanted = read("status=500;after=2;fail_first=1;tokens=9")
    assert [within(wanted, number).status for number in range(5)] == [0, 0, 500, 0, 0]
    assert {within(wanted, number).tokens for number in range(5)} == {9}


def test_a_rate_is_an_interval() -> None:
    assert read("rate=50").pace_ms == 20
    assert read("interval_ms=3;rate=50").pace_ms == 3
    assert HEALTHY.pace_ms == 0
