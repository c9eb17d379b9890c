"""The kind anthropic: its own API and those like it."""

from __future__ import annotations

import pytest

from headgate.core.ports import Provider
from headgate.providers import anthropic


def build(base_url: str = "https://api.anthropic.com") -> Provider:
    return anthropic.build(anthropic.Options.model_validate({"api_key": "k", "base_url": base_url}))


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://api.anthropic.com", "/v1/messages"),
        ("https://api.anthropic.com/", "/v1/messages"),
        ("https://api.anthropic.com/v1", "/v1/messages"),
        ("https://api.anthropic.com/v1/", "/v1/messages"),
        ("https://api.deepseek.com/anthropic", "/anthropic/v1/messages"),
    ],
)
def test_any_way_to_write_the_address_leads_to_the_endpoint(base_url: str, path: str) -> None:
    assert build(base_url).paths == {"anthropic_messages": path, "anthropic_count_tokens": f"{path}/count_tokens"}


def test_the_key_has_its_own_header() -> None:
    assert build().authorize == ((b"x-api-key", b"k"),)


def test_a_version_is_sent_only_for_clients_that_name_none() -> None:
    assert build().defaults == ((b"anthropic-version", b"2023-06-01"),)


def test_it_is_not_asked_for_usage_which_it_always_reports() -> None:
    assert build().stream_usage == {}
