"""Through a proxy: CONNECT for plain and encrypted origins, and the egress rule for what can be checked."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from headgate.core.errors import EgressRefused, UpstreamTimeout, UpstreamUnreachable
from headgate.core.ports import Origin
from headgate.upstream.tunnel import Proxy, read_proxy
from tests.support.upstreams import Act, connect_proxy, fetch, post, transport, upstream


async def test_a_plain_origin_is_reached_through_connect() -> None:
    async with upstream() as there, connect_proxy() as proxy, transport() as here:
        origin = Origin("http", "api.example", there.port, proxy=f"http://127.0.0.1:{proxy.port}")
        for _ in range(3):
            assert await fetch(here, post(origin)) == (200, b"hello")
        assert proxy.heads == [b"CONNECT api.example:%d HTTP/1.1\r\nhost: api.example:%d\r\n\r\n" % (there.port, there.port)]
        assert there.requests[0].startswith(b"POST /v1/chat HTTP/1.1\r\nhost: api.example:%d\r\n" % there.port)


async def test_an_encrypted_origin_is_verified_through_the_proxy(tmp_path: Path) -> None:
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("api.example").configure_cert(server)  # pyright: ignore[reportUnknownMemberType]
    ca_file = str(tmp_path / "ca.pem")
    authority.cert_pem.write_to_path(ca_file)
    async with upstream(tls=server) as there, connect_proxy() as proxy, transport() as here:
        by = f"http://127.0.0.1:{proxy.port}"
        for _ in range(3):
            assert await fetch(here, post(Origin("https", "api.example", there.port, proxy=by, ca_file=ca_file))) == (200, b"hello")
        assert there.connections == 1
        with pytest.raises(UpstreamUnreachable, match=r"certificate of other\.example"):
            await here.open(post(Origin("https", "other.example", there.port, proxy=by, ca_file=ca_file)))
        with pytest.raises(UpstreamUnreachable, match=r"certificate of api\.example"):
            await here.open(post(Origin("https", "api.example", there.port, proxy=by)))


async def test_the_proxys_password_goes_to_the_proxy_only() -> None:
    async with upstream() as there, connect_proxy() as proxy, transport() as here:
        origin = Origin("http", "api.example", there.port, proxy=f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        await fetch(here, post(origin))
        assert b"\r\nproxy-authorization: Basic bWU6cEBzcw==\r\n" in proxy.heads[0]
        assert b"authorization" not in there.requests[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "localhost", "::1", "[::ffff:10.0.0.1]", "169.254.169.254"])
async def test_a_private_address_that_is_spelled_out_is_refused_before_the_proxy_is_asked(host: str) -> None:
    async with connect_proxy() as proxy, transport() as here:
        with pytest.raises(EgressRefused):
            await here.open(post(Origin("http", host, 80, proxy=f"http://127.0.0.1:{proxy.port}")))
        assert proxy.heads == []


async def test_a_private_address_that_is_allowed_is_reached_through_the_proxy() -> None:
    async with upstream() as there, connect_proxy() as proxy, transport() as here:
        origin = Origin("http", "::1", there.port, allow_private=True, proxy=f"http://127.0.0.1:{proxy.port}")
        assert await fetch(here, post(origin)) == (200, b"hello")
        assert proxy.heads[0].startswith(b"CONNECT [::1]:%d HTTP/1.1\r\n" % there.port)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n", "answered 407 when asked for api.example:443"),
        (b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 2\r\n\r\nno", "answered 502"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 20_000, "not HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\n", "closed the connection"),
        (b"", "closed the connection"),
    ],
)
async def test_a_proxy_that_will_not_is_named(answer: bytes, message: str) -> None:
    async with connect_proxy(refuse=answer) as proxy, transport() as here:
        with pytest.raises(UpstreamUnreachable, match=message):
            await here.open(post(Origin("http", "api.example", 443, proxy=f"http://127.0.0.1:{proxy.port}")))


async def test_a_proxy_that_is_not_there_is_unreachable() -> None:
    async with connect_proxy() as proxy:
        port = proxy.port
    async with transport() as here:
        with pytest.raises(UpstreamUnreachable):
            await here.open(post(Origin("https", "api.example", 443, proxy=f"http://127.0.0.1:{port}")))


async def test_a_proxy_that_stalls_is_a_connect_timeout() -> None:
    async with upstream([Act.STALL]) as proxy, transport() as here:
        with pytest.raises(UpstreamTimeout, match="connect"):
            await here.open(post(Origin("http", "api.example", 443, proxy=f"http://127.0.0.1:{proxy.port}"), connect_ms=80))
        await asyncio.wait_for(proxy.gone.wait(), 5)


def test_a_proxys_address() -> None:
    assert read_proxy("http://proxy.example:3128") == Proxy("proxy.example", 3128)
    assert read_proxy("http://proxy.example/") == Proxy("proxy.example", 80)
    assert read_proxy("http://u:@[::1]:9") == Proxy("::1", 9, b"proxy-authorization: Basic dTo=\r\n")


@pytest.mark.parametrize(
    "url", ["", "proxy:3128", "https://proxy:3128", "socks5://proxy:1", "http://", "http://proxy:99999", "http://proxy:x"]
)
def test_what_is_no_proxys_address_is_said(url: str) -> None:
    with pytest.raises(UpstreamUnreachable, match="http://host:port"):
        read_proxy(url)
