"""What is wrong with a field is said with its path, in words."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import Struct

from headgate.core.errors import BadRequest, InvalidJson
from headgate.wire import typed
from headgate.wire.document import CHECKED_BYTES, Document


class Message(Struct):
    role: str


class Fields(Struct):
    model: str
    messages: list[Message]
    stream: bool | None = None


DECODER = msgspec.json.Decoder(Fields)
STAND_INS = {"messages": b'[{"role":"user"}]'}


@pytest.mark.parametrize(
    ("said", "sentence", "param"),
    [
        ("Expected `bool | null`, got `str` - at `$.stream`", "stream: expected a boolean or null, got a string.", "stream"),
        ("Object missing required field `model`", "model: this field is required.", "model"),
        ("Object missing required field `role` - at `$.messages[2]`", "messages[2].role: this field is required.", "messages[2].role"),
        ("Expected `int` >= 1 - at `$.n`", "n: expected a whole number of at least 1.", "n"),
        ("Expected `array` of length >= 1 - at `$.messages`", "messages: expected an array that is not empty.", "messages"),
        ("Expected `object`, got `array`", "The body: expected an object, got an array.", None),
    ],
)
def test_the_decoder_speaks_to_the_caller(said: str, sentence: str, param: str | None) -> None:
    error = typed.refusal(said)
    assert (error.message, error.param, error.code) == (sentence, param, "invalid_value")


def test_a_long_body_is_typed_without_its_long_members() -> None:
    long = b'[{"role":"user","content":"' + b"x" * CHECKED_BYTES + b'"}]'
    body = Document(b'{"model":"m","messages":' + long + b',"stream":true,"x":{"y":"' + b"z" * 5000 + b'"}}')
    assert typed.fields(body, DECODER, STAND_INS) == Fields("m", [Message("user")], True)


@pytest.mark.parametrize("member", [b'"stream":"yes"', b'"stream":"' + b"y" * 5000 + b'"', b'"stream":{"a":"' + b"y" * 5000 + b'"}'])
def test_a_long_body_still_has_its_types_checked(member: bytes) -> None:
    body = Document(b'{"model":"m","messages":[],"pad":"' + b"x" * CHECKED_BYTES + b'",' + member + b"}")
    with pytest.raises(BadRequest, match="stream: expected a boolean"):
        typed.fields(body, DECODER, STAND_INS)


def test_a_long_body_may_not_have_text_where_a_list_belongs() -> None:
    body = Document(b'{"model":"m","messages":"' + b"x" * CHECKED_BYTES + b'"}')
    with pytest.raises(BadRequest, match="messages: expected an array, got a string"):
        typed.fields(body, DECODER, STAND_INS)


def test_a_long_body_that_is_not_text_is_refused_where_it_matters() -> None:
    body = Document(b'{"model":"\xff","messages":[],"pad":"' + b"x" * CHECKED_BYTES + b'"}')
    with pytest.raises(InvalidJson, match="not text"):
        typed.fields(body, DECODER, STAND_INS)
