from __future__ import annotations

import msgspec

from headgate.simulator.directive import HEALTHY, Directive
from headgate.simulator.speech import Offer, Speech, Tool, speak

WEATHER = Tool("weather", {"type": "object", "properties": {"city": {"type": "string"}}})
TIME = Tool("time", {"type": "object", "properties": {}})


def called(offer: Offer) -> list[str]:
    return [call.tool.name for call in speak(offer, HEALTHY, 0).calls]


def test_a_tool_named_in_the_prompt_is_called() -> None:
    offer = Offer("Use weather for Oslo", asks=True, tools=[WEATHER, TIME])
    assert called(offer) == ["weather"]
    assert msgspec.json.decode(speak(offer, HEALTHY, 0).calls[0].arguments) == {"city": "some city"}


def test_tools_that_nobody_names_are_left_alone() -> None:
    assert called(Offer("Hello", asks=True, tools=[WEATHER])) == []


def test_a_forced_call_takes_the_first_tool_or_the_named_one() -> None:
    assert called(Offer("Hello", asks=True, tools=[WEATHER, TIME], must_call=True)) == ["weather"]
    assert called(Offer("Hello", asks=True, tools=[WEATHER, TIME], named="time")) == ["time"]


def test_after_a_tool_has_answered_the_model_speaks() -> None:
    assert called(Offer("weather: 3 degrees", asks=False, tools=[WEATHER], must_call=True)) == []


def test_no_tool_is_called_where_it_may_not() -> None:
    assert called(Offer("weather", asks=True, tools=[WEATHER], may_call=False)) == []


def test_several_calls_come_only_where_they_may() -> None:
    offer = Offer("weather and time", asks=True, tools=[WEATHER, TIME])
    assert called(offer) == ["weather", "time"]
    assert called(Offer("weather and time", asks=True, tools=[WEATHER, TIME], parallel=False)) == ["weather"]


def test_a_tool_without_a_schema_takes_text() -> None:
    assert speak(Offer("run shell", asks=True, tools=[Tool("shell", None)]), HEALTHY, 0).calls[0].arguments == "run shell"


def test_a_limit_cuts_the_answer_short() -> None:
    speech = speak(Offer("Hello", asks=True, most_tokens=5), HEALTHY, 0)
    assert (speech.count, speech.cut_short, len(list(speech.pieces()))) == (5, True, 5)
    assert not speak(Offer("Hello", asks=True, most_tokens=5_000), HEALTHY, 0).cut_short


def test_the_directive_sets_the_length() -> None:
    assert speak(Offer("Hello", asks=True), Directive(tokens=7), 0).tokens == 7


def test_demanded_json_fits_its_schema() -> None:
    speech = speak(Offer("Hello", asks=True, demanded={"type": "object", "properties": {"n": {"type": "integer"}}}), HEALTHY, 0)
    text = msgspec.json.decode(b'"' + b"".join(speech.pieces()) + b'"', type=str)
    assert msgspec.json.decode(text) == {"n": 1}


def test_the_seed_and_the_prompt_change_the_words() -> None:
    def words(prompt: str, seed: int) -> Speech:
        return speak(Offer(prompt, asks=True), HEALTHY, seed)

    assert words("a", 0) == words("a", 0)
    assert words("a", 0).seed != words("b", 0).seed != words("a", 1).seed
