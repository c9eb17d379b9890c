"""Bodies are patched in place; what two parsers could read in two ways is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import BadRequest, HeadgateError, InvalidJson
from headgate.wire.document import Document, readable

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.text(max_size=6) | st.sampled_from(["model", "a", "b"]), values, max_size=6)
styles = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n\t", " :\r\n"), (",", ": ")])


def written(members: dict[str, Any], style: tuple[str, str], escaped: bool) -> bytes:
    """The object as some client would write it."""
    return json.dumps(members, separators=style, ensure_ascii=escaped).encode()


def alike(one: bytes, other: bytes) -> int:
    """How many bytes they begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


@given(objects, styles, st.booleans(), st.data())
def test_an_edit_changes_its_member_and_no_other_byte(members: dict[str, Any], style: tuple[str, str], escaped: bool, data: Any) -> None:
    body = written(members, style, escaped)
    key = data.draw(st.sampled_from([*members, "new"]))
    old = json.dumps(members[key], separators=style, ensure_ascii=escaped).encode() if key in members else b""
    patched = Document(body).replaced({key: b'"changed"'})
    same_before = alike(body, patched)
    same_after = alike(body[::-1], patched[::-1])
    assert json.loads(patched) == {**members, key: "changed"}
    assert same_before + same_after >= len(body) - len(old)


@given(objects, styles, st.booleans(), st.data())
def test_cuts_exchanges_and_additions_go_together(members: dict[str, Any], style: tuple[str, str], escaped: bool, data: Any) -> None:
    cuts = data.draw(st.sets(st.sampled_from([*members, "absent"])))
    new = data.draw(st.dictionaries(st.sampled_from([*members, "x", "y"]), st.just(b"[1]")))
    edits: dict[str, bytes | None] = {**dict.fromkeys(cuts), **new}
    patched = Document(b" " + written(members, style, escaped) + b"\n").replaced(edits)
    expected = {key: value for key, value in members.items() if key not in cuts - set(new)} | {key: [1] for key in new}
    assert json.loads(patched) == expected
    assert list(json.loads(patched)) == [*(k for k in members if k in expected), *(k for k in new if k not in members)]


def test_every_byte_beside_the_edit_stays() -> None:
    body = b'{ "model" :"smart",\t"x": 1.50e+3 , "t":"\\u00e9\\/" }\n'
    assert Document(body).replaced({"model": b'"gpt"'}) == body.replace(b'"smart"', b'"gpt"')
    assert Document(body).replaced({"x": None}) == b'{ "model" :"smart" , "t":"\\u00e9\\/" }\n'
    assert Document(body).replaced({"y": b"1"}) == body.replace(b'/" }', b'/","y":1 }')


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a","model":"b"}',
        b'{"model":"a","model":"a"}',
        b'{"model":"aaaa","x":1,"model":"b"}',
        b'{"model":1,"model":12}',
        b'{"model":12,"model":1}',
        b'{"m\\u006fdel":"cheap","model":"dear"}',
        b'{"model":"cheap","x":{},"\\u006dodel":"dear"}',
        b'{"x":1,"model":{"a":1,"y":2},"y":2,"model":{"a":1}}',
        b'{"model":{"a":1         ,"y":2},"y":2,"model":1234567}',
    ],
)
def test_a_member_that_is_there_twice_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(BadRequest, match="model: this member is there twice") as refused:
        Document(body)
    assert refused.value.param == "model"


@given(objects, objects, styles, st.data())
def test_no_spelling_hides_a_second_member(members: dict[str, Any], more: dict[str, Any], style: tuple[str, str], data: Any) -> None:
    twice = data.draw(st.sampled_from([*members, "model"]))
    members.setdefault(twice, 1)
    second = "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 and data.draw(st.booleans()) else json.dumps(c)[1:-1] for c in twice)
    parts = [json.dumps({key: value}, separators=style)[1:-1] for key, value in [*members.items(), *more.items()]]
    parts.insert(data.draw(st.integers(0, len(parts))), f'"{second}"{style[1]}{json.dumps(data.draw(values))}')
    with pytest.raises(BadRequest, match="twice"):
        Document(("{" + style[0].join(parts) + "}").encode())


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"", InvalidJson, "empty"),
        (b" \r\n", InvalidJson, "empty"),
        (b"[]", BadRequest, "must be a JSON object"),
        (b'"x"', BadRequest, "must be a JSON object"),
        (b'{"a":1', InvalidJson, "truncated"),
        (b'{"a":NaN}', InvalidJson, "byte 5"),
        (b'{"a":1}}', InvalidJson, "trailing"),
        (b'{"a":"\xff"}', InvalidJson, "not UTF-8"),
        (b'{"\xff":1}', InvalidJson, "not UTF-8"),
        (b'{"a":"\\ud83d"}', InvalidJson, "surrogate"),
        (b'{"a":' + b"[" * 100_000, InvalidJson, "too deeply"),
        (b'{"a":' + b'{"b":' * 100_000, InvalidJson, "too deeply"),
        (b"{" + b",".join(b'"%d":1' % i for i in range(2_000)) + b"}", BadRequest, "more than 1000 members"),
        (b'{"' + b"\\n" * 300 + b'": 1}', BadRequest, "name"),
    ],
)
def test_what_is_no_object_is_refused_with_the_reason(body: bytes, kind: type[HeadgateError], said: str) -> None:
    with pytest.raises(kind, match=said):
        Document(body)


def test_a_byte_order_mark_is_taken_off() -> None:
    assert Document(b'\xef\xbb\xbf{"a":1}').body == b'{"a":1}'


def test_an_empty_object_takes_a_member() -> None:
    assert Document(b" { } ").replaced({"a": b"1"}) == b' {"a":1 } '


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\ua1 \n', max_size=40).map(str.encode))
def test_no_bytes_make_it_fail_otherwise(body: bytes) -> None:
    try:
        document = Document(body)
    except HeadgateError:
        return
    assert json.loads(document.replaced({"model": b'"m"'}))["model"] == "m"


@given(st.text(alphabet="aud83DE0C\\/\"n{b'}", max_size=40))
def test_only_halves_of_characters_are_exchanged_and_nothing_moves(text: str) -> None:
    token = ('"' + text.replace('"', '\\"') + '"').encode()
    try:
        told = json.loads(token)
    except ValueError:
        return
    mended = readable(token)
    assert len(mended) == len(token)
    assert json.loads(mended) == told.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
