"""What every provider over HTTP shares: addresses, keys, headers."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from pydantic import ValidationError

from headgate.core import ports
from headgate.providers import _http


def options(**given: object) -> _http.Http:
    return _http.Http.model_validate({"api_key": "k", "base_url": "https://api.example.com", "price_list": "none"} | given)


@pytest.mark.parametrize(
    ("host", "private"),
    [
        *((host, True) for host in ("localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1")),
        *(
            (host, True)
            for host in ("192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "::", "fe80::1", "fd00::1", "::ffff:10.0.0.1")
        ),
        *((host, False) for host in ("api.example.com", "localhost.example.com", "1.1.1.1", "2606:4700::1111")),
    ],
)
def test_private_addresses_are_known_by_their_spelling(host: str, private: bool) -> None:
    assert _http.is_private(host) is private


@pytest.mark.parametrize(
    ("base_url", "scheme", "host", "port"),
    [
        ("https://api.example.com", "https", "api.example.com", 443),
        ("HTTP://Api.Example.Com/x", "http", "api.example.com", 80),
        ("https://api.example.com:8443/v1", "https", "api.example.com", 8443),
        ("https://[2606:4700::1111]:9/v1", "https", "2606:4700::1111", 9),
    ],
)
def test_an_origin_is_read_from_the_address(base_url: str, scheme: str, host: str, port: int) -> None:
    assert _http.origin(options(base_url=base_url)) == ports.Origin(scheme, host, port)


@pytest.mark.parametrize(
    "base_url",
    [
        *(
            "",
            "api.example.com",
            "//api.example.com",
            "file:///etc/passwd",
            "https://",
            "https:///x",
            "https://a b",
            "https://a\n",
            "https://a:0",
        ),
        *("https://a:99999", "https://a:x", "https://[::1", "https://u@a", "https://:p@a", "https://a?", "https://a/#", "https://a/\u00e9"),
        *('https://a/"', "https://-", "https://a\\b", "https://a/\\b", "https://a..b/{}"),
    ],
)
def test_addresses_that_are_none_are_refused(base_url: str) -> None:
    with pytest.raises(ValidationError, match="base_url"):
        options(base_url=base_url)


def test_deadlines_are_those_of_the_core_unless_given() -> None:
    assert _http.deadlines(options()) == ports.Deadlines()
    assert asdict(_http.deadlines(options(deadlines={"connect_ms": 1}))) == asdict(ports.Deadlines()) | {"connect_ms": 1}


@pytest.mark.parametrize("key", ["", " ", "a b", "a\n", "clé", "a\x00"])
def test_keys_that_no_header_could_carry_are_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="api_key"):
        options(api_key=key)


@pytest.mark.parametrize(
    "headers",
    [
        {"": "x"},
        {"a:": "x"},
        {"a b": "x"},
        {"Host": "x"},
        {"content-length": "1"},
        {"TE": "x"},
        {"a": ""},
        {"a": "x\r\nb: y"},
        {"a": "1", "A": "2"},
    ],
)
def test_headers_that_would_break_the_request_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="headers"):
        options(headers=headers)


def test_configured_headers_come_after_the_kind_s_own_and_replace_them() -> None:
    given = options(headers={"Authorization": "Basic x", "x-b": "two words"})
    assert _http.always(given, ("authorization", "Bearer k"), ("x-a", None)) == ((b"authorization", b"Basic x"), (b"x-b", b"two words"))


def test_nothing_secret_is_in_the_representation() -> None:
    shown = repr(options(api_key="canary", headers={"x-a": "canary"}, proxy="http://u:canary@proxy.example:1"))
    assert "canary" not in shown
