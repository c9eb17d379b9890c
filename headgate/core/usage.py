"""What a provider says it used, in disjoint classes: no token is in two of them, so cost is one sum of products."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

UsageSource = Literal["provider", "partial", "estimated", "none"]
"""Who counted: the provider, the provider up to a cut, we by estimate, or nobody (no upstream work was done)."""


class Usage(Struct, frozen=True, omit_defaults=True, gc=False):
    """Units used by one reply. Tokens, but for `web_searches` (calls). All classes are disjoint."""

    input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_30m: int = 0
    cache_write_1h: int = 0
    cache_write_12h: int = 0
    output: int = 0
    reasoning: int = 0
    input_audio: int = 0
    output_audio: int = 0
    input_image: int = 0
    output_image: int = 0
    web_searches: int = 0

    @property
    def prompt(self) -> int:
        """All tokens of the prompt, cached or not: what long-context price tiers look at."""
        writes = self.cache_write_5m + self.cache_write_30m + self.cache_write_1h + self.cache_write_12h
        return self.input + self.cache_read + writes + self.input_audio + self.input_image

    @property
    def completion(self) -> int:
        """All tokens the model produced, seen or not."""
        return self.output + self.reasoning + self.output_audio + self.output_image

    @property
    def detailed(self) -> bool:
        """Whether any class beside plain input and output is used."""
        return not (
            self.cache_read == self.cache_write_5m == self.cache_write_30m == self.cache_write_1h == self.cache_write_12h == 0
            and self.reasoning == self.input_audio == self.output_audio == self.input_image == self.output_image == self.web_searches == 0
        )


CLASSES: tuple[str, ...] = Usage.__struct_fields__
