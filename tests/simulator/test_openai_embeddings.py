from __future__ import annotations

import base64
import math
import struct
from typing import Any

import msgspec
import pytest

from headgate.simulator import openai_embeddings
from headgate.simulator.dialect import Refused
from headgate.simulator.directive import read, split_model
from headgate.simulator.prefixes import Prefixes
from headgate.simulator.reply import Scene


def embed(**changes: Any) -> Any:
    scene = Scene(0, 0, "sim-key", Prefixes(), lambda model: read(split_model(model)[1]))
    body = {"model": "text-embedding-3-small", "input": "hello", "dimensions": 8, **changes}
    return msgspec.json.decode(openai_embeddings.answer(msgspec.json.encode(body), scene).body)


def test_every_input_gets_its_unit_vector() -> None:
    reply = embed(input=["hello", "world", "hello"])
    one, two, again = (entry["embedding"] for entry in reply["data"])
    assert [entry["index"] for entry in reply["data"]] == [0, 1, 2]
    assert one == again != two
    assert math.isclose(sum(value * value for value in one), 1, abs_tol=1e-6)
    assert reply["usage"] == {"prompt_tokens": 6, "total_tokens": 6}


def test_base64_is_packed_little_endian_float32() -> None:
    [entry] = embed(encoding_format="base64")["data"]
    [plain] = embed()["data"]
    unpacked = struct.unpack("<8f", base64.b64decode(entry["embedding"]))
    assert all(math.isclose(a, b, abs_tol=1e-6) for a, b in zip(unpacked, plain["embedding"], strict=True))


@pytest.mark.parametrize(("model", "wide"), [("text-embedding-3-small", 1536), ("text-embedding-3-large", 3072)])
def test_the_model_says_how_wide(model: str, wide: int) -> None:
    assert len(embed(model=model, dimensions=None)["data"][0]["embedding"]) == wide


@pytest.mark.parametrize(("given", "vectors", "tokens"), [([1, 2, 3], 1, 3), ([[1, 2], [3]], 2, 3)])
def test_tokens_are_taken_as_they_are(given: Any, vectors: int, tokens: int) -> None:
    reply = embed(input=given)
    assert (len(reply["data"]), reply["usage"]["total_tokens"]) == (vectors, tokens)


@pytest.mark.parametrize("given", ["", [], ["a", ""], ["a"] * 2049])
def test_nothing_and_too_much_are_refused(given: Any) -> None:
    with pytest.raises(Refused):
        embed(input=given)


def test_usage_can_be_missing() -> None:
    assert "usage" not in embed(model="m?usage=none")
