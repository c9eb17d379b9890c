"""The kind openai: its own API and those like it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from headgate.core.ports import Provider
from headgate.providers import openai


def build(**options: Any) -> Provider:
    return openai.build(openai.Options.model_validate({"api_key": "k"} | options))


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://api.openai.com/v1", "/v1/chat/completions"),
        ("https://api.openai.com/v1/", "/v1/chat/completions"),
        ("https://api.openai.com", "/v1/chat/completions"),
        ("https://api.openai.com/", "/v1/chat/completions"),
        ("https://api.groq.com/openai/v1", "/openai/v1/chat/completions"),
        ("https://gateway.example/acct/openai/", "/acct/openai/chat/completions"),
    ],
)
def test_any_way_to_write_the_address_leads_to_the_endpoint(base_url: str, path: str) -> None:
    assert build(base_url=base_url).paths["openai_chat"] == path


def test_a_server_that_answers_at_its_root_can_be_called() -> None:
    assert build(base_url="https://api.perplexity.ai", default_path="").paths["openai_chat"] == "/chat/completions"
    assert build(base_url="https://api.example.com", default_path="/api/").paths["openai_embeddings"] == "/api/embeddings"


def test_the_key_is_a_bearer() -> None:
    assert build().authorize == ((b"authorization", b"Bearer k"),)


def test_organization_and_project_are_sent_where_they_are_configured() -> None:
    assert build(organization="org-1", project="p-1").authorize[1:] == ((b"openai-organization", b"org-1"), (b"openai-project", b"p-1"))


def test_usage_is_asked_for_and_padding_refused_only_where_that_is_understood() -> None:
    assert build().stream_usage == {"include_usage": True, "include_obfuscation": False}
    assert build(base_url="https://API.openai.com").stream_usage == {"include_usage": True, "include_obfuscation": False}
    assert build(base_url="https://api.groq.com/openai/v1").stream_usage == {"include_usage": True}
    assert build(stream_usage=False).stream_usage == {}


@pytest.mark.parametrize("options", [{"default_path": "v1"}, {"default_path": "/a b"}, {"organization": ""}, {"project": "a\nb"}])
def test_what_cannot_be_sent_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=next(iter(options))):
        build(**options)
