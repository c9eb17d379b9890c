"""From text to plain values with lines."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from headgate.config import document
from headgate.config.document import Document


def read(text: str, **env: str) -> Document:
    return document.read(text.encode(), env)


def sentences(found: Document) -> list[str]:
    return [f"{problem.line}: {problem.sentence}" for problem in found.problems]


def test_only_decimal_numbers_and_true_and_false_are_more_than_text() -> None:
    text = "[1, -2, 1_000, 2.5, 1.5e3, true, False, null, ~, yes, off, 010, 0x1f, 12:30, 2024-08-06, 1e3, .inf, '7', !!str 7]"
    assert read(f"a: {text}").values["a"] == (
        *(1, -2, 1000, Decimal("2.5"), "1.5e3", True, False, None, None),
        *("yes", "off", "010", "0x1f", "12:30", "2024-08-06", "1e3", ".inf", "7", "7"),
    )


def test_every_value_knows_its_line() -> None:
    found = read("a:\n  b: 1\n  c:\n    - x\n    - { d: 2 }\n")
    assert found.lines == {(): 1, ("a",): 1, ("a", "b"): 2, ("a", "c"): 3, ("a", "c", 0): 4, ("a", "c", 1): 5, ("a", "c", 1, "d"): 5}
    assert found.line(("a", "c", 1, "missing", "deeper")) == 5


def test_variables_fill_values_of_any_style() -> None:
    text = """
plain: ${A}
flow: { x: ${A}, y: [${A}, ${B:-b}] }
quoted: "<${A}> \\t"
single: '${A}'
folded: >-
  one ${A}
  two
part: http://${A}:${P:-80}/v1
punctuation: { x: "${N:-a, {b: c #d}" }
"""
    found = read(text, A="1: {2}")
    assert found.problems == []
    assert found.values == {
        "plain": "1: {2}",
        "flow": {"x": "1: {2}", "y": ("1: {2}", "b")},
        "quoted": "<1: {2}> \t",
        "single": "1: {2}",
        "folded": "one 1: {2} two",
        "part": "http://1: {2}:80/v1",
        "punctuation": {"x": "a, {b: c #d"},
    }
    assert found.templates[("part",)] == "http://${A}:${P:-80}/v1"


def test_an_empty_variable_is_as_good_as_none_and_a_default_fills_it() -> None:
    found = read("a: ${A}\nb: ${B}\nc: ${A:-c}\nd: ${B:-}\n", A="")
    assert sentences(found) == ["1: the environment variable A is empty", "2: the environment variable B is not set"]
    assert found.unset == [("a",), ("b",)]
    assert (found.values["c"], found.values["d"]) == ("c", "")


def test_two_dollars_keep_the_characters() -> None:
    found = read("a: $${A}\nb: { c: $${A} }\nd: $5 ${A}", A="x")
    assert found.values == {"a": "${A}", "b": {"c": "${A}"}, "d": "$5 x"}


def test_variables_in_comments_are_not_looked_up() -> None:
    assert read("a: 1 # ${MISSING}\n# ${MISSING}\n").problems == []


def test_a_variable_s_value_is_never_read_as_yaml() -> None:
    assert read("a: ${A}", A="*b\n{c: [d").values == {"a": "*b\n{c: [d"}


def test_anchors_and_merges_save_repetition() -> None:
    found = read("base: &b { x: 1, y: 1 }\nother: &o { y: 2, z: 2 }\nuse: { y: 3, <<: [*b, *o] }\nagain: *b\n")
    assert found.problems == []
    assert found.values["use"] == {"x": 1, "y": 3, "z": 2}
    assert found.values["again"] == {"x": 1, "y": 1}
    assert found.line(("use", "y")) == 3


def test_a_byte_order_mark_is_not_part_of_the_first_name() -> None:
    assert document.read(b"\xef\xbb\xbfa: 1", {}).values == {"a": 1}


def test_a_message_shows_the_variable_and_not_what_it_holds() -> None:
    found = read("a: ${A}\nb: 2", A="secret")
    assert (found.shown(("a",), "secret"), found.shown(("b",), 2)) == ("${A}", 2)


@given(st.binary(max_size=200) | st.text("{}[]:-,&*!|>'\"%@`#?<~ \n\tab1$", max_size=60).map(str.encode))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    found = document.read(data, {"a": "b"})
    assert all(problem.line >= 1 and problem.sentence for problem in found.problems)
