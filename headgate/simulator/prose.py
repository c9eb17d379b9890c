"""Text without a model: real sentences, the same for the same seed, cut into pieces the size of tokens."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

import msgspec

CHARS_PER_TOKEN = 4

SENTENCES = (
    "The gate at the head of the canal decides how much water goes where.",
    "In spring the snow melts early and the river runs high for three weeks.",
    "A careful keeper writes down every opening and every closing in one book.",
    "Water that is not measured is soon not shared fairly.",
    "The lower fields get their turn on Tuesday, the orchards on Friday.",
    "Nobody upstream may take more than the mark on the stone allows.",
    "When the level falls below the mark, the keeper closes the side channels first.",
    "An old ledger from 1887 lists 214 farms, 3 mills and one brewery.",
    "The mill wheel turns slowly, but it has not stopped in forty years.",
    "After the storm they found branches in the grating and cleared them by hand.",
    "Most of the loss is seepage, and clay is cheaper than water.",
    "A second gate was built in case the first one jams.",
    "Flow is the width times the depth times the speed, and all three can be read from the bridge.",
    "The children know the sound of the sluice and run to watch it open.",
    "If two farms ask at once, the one that asked less gets its share first.",
    "Engineers from Zürich measured 4.2 m³ per second on a dry day in August.",
    "The rule is simple: what is taken is written down – no exceptions.",
    "Silt settles where the stream is slow, so the bends are dredged each autumn.",
    "On the map the canal is a thin blue line, on the ground it is a whole valley’s work.",
    'The sign at the weir says "Keep clear", and people do.',
    "A good alarm rings before the cellar is wet, not after.",
    "They tested the new valve at night, when only the ducks would notice.",
    "The price of a share has not changed since the last drought.",
    "Every drop that leaves the basin is counted once and only once.\n",
)

_PIECE = re.compile(r"\s*\S{1,6}|\s+$")


def pieces_of(text: str) -> list[bytes]:
    """`text` cut into token-sized pieces, each as the inside of a JSON string."""
    return [escaped(piece) for piece in _PIECE.findall(text)]


def escaped(text: str) -> bytes:
    """`text` as the inside of a JSON string."""
    return msgspec.json.encode(text)[1:-1]


_PIECES = tuple(tuple(pieces_of(" " + sentence)) for sentence in SENTENCES)


def pieces(seed: int, count: int) -> Iterator[bytes]:
    """`count` pieces of prose in JSON escapes. Any number of them, in the memory of one."""
    state, left = seed & 0xFFFFFFFF, count
    first = True
    while left > 0:
        state = (state * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
        sentence = _PIECES[(state >> 16) % len(_PIECES)]
        if first:  # an answer does not begin with a space
            yield sentence[0].lstrip()
            sentence, left, first = sentence[1:], left - 1, False
        if left < len(sentence):
            sentence = sentence[:left]
        left -= len(sentence)
        yield from sentence


def seed_of(text: str, seed: int) -> int:
    """A seed that differs with the prompt."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass"), seed)


def natural_length(seed: int) -> int:
    """How many tokens an answer has where nobody said: 24 to 87."""
    return 24 + (seed >> 8) % 64


def tokens(chars: int) -> int:
    """The count a provider would report for so many characters."""
    return -(-chars // CHARS_PER_TOKEN)
