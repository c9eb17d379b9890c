"""Usage in disjoint classes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headgate.core.usage import CLASSES, Usage

USAGES = st.builds(Usage, **dict.fromkeys(CLASSES, st.integers(0, 1_000)))


@given(USAGES)
def test_every_token_is_in_the_prompt_or_in_the_completion_and_a_search_is_in_neither(usage: Usage) -> None:
    assert usage.prompt + usage.completion + usage.web_searches == sum(getattr(usage, name) for name in CLASSES)


@given(USAGES)
def test_it_is_detailed_as_soon_as_any_class_but_the_plain_two_is_used(usage: Usage) -> None:
    assert usage.detailed == any(getattr(usage, name) for name in CLASSES if name not in ("input", "output"))
