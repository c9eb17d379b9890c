"""Opening connections: certificates, the egress rule, and the addresses of a name."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from headgate.core.errors import EgressRefused, UpstreamCut, UpstreamReset, UpstreamUnreachable
from headgate.core.ports import Origin
from headgate.upstream import connect
from headgate.upstream.transport import Transport
from tests.support.upstreams import ANSWER, CHUNKED, LIMIT, Act, fetch, piped, post, transport, upstream


@dataclass
class Tls:
    """A server's TLS settings, and the file that makes a client trust them."""

    server: ssl.SSLContext
    ca_file: str


def tls_for(folder: Path, name: str) -> Tls:
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(server)  # pyright: ignore[reportUnknownMemberType]
    path = folder / f"{name}.pem"
    authority.cert_pem.write_to_path(str(path))
    return Tls(server, str(path))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return tls_for(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture(scope="module")
def of_another(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return tls_for(tmp_path_factory.mktemp("tls"), "other.example")


async def test_a_certificate_that_is_trusted_and_for_this_host_is_accepted_and_the_connection_kept(good: Tls) -> None:
    async with upstream(tls=good.server) as there, transport() as here:
        for _ in range(3):
            assert await fetch(here, post(there.origin("https", ca_file=good.ca_file))) == (200, b"hello")
        assert there.connections == 1


async def test_a_long_body_and_a_stream_pass_through_tls(good: Tls) -> None:
    body = bytes(range(256)) * 8_000
    stream = [Act.REQUEST, CHUNKED, *[b"4\r\nabcd\r\n"] * 100, b"0\r\n\r\n"]
    async with upstream(stream, tls=good.server) as there, transport() as here:
        reply = await here.open(post(there.origin("https", ca_file=good.ca_file), body))
        assert b"".join(await piped(reply)) == b"abcd" * 100
        assert there.requests[0].endswith(body)


async def test_a_paused_reply_stops_a_provider_that_speaks_tls(good: Tls) -> None:
    async with upstream([Act.REQUEST, CHUNKED, Act.FLOOD], tls=good.server) as there, transport() as here:
        reply = await here.open(post(there.origin("https", ca_file=good.ca_file)))
        reply.pause()
        before = -1
        while before != there.flooded_bytes:
            before = there.flooded_bytes
            await asyncio.sleep(0.1)
        taken = 0

        def sink(piece: bytes) -> None:
            nonlocal taken
            taken += len(piece)

        task = asyncio.ensure_future(reply.pipe(sink))
        await asyncio.sleep(0.05)
        assert taken < 3_000_000
        reply.resume()
        while taken < 10_000_000:
            await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_body_without_length_over_tls_is_whole_only_if_its_end_was_said(good: Tls) -> None:
    said = [Act.REQUEST, b"HTTP/1.1 200 OK\r\n\r\nhello", Act.TICK, Act.CLOSE]
    cut = [Act.REQUEST, b"HTTP/1.1 200 OK\r\n\r\nhello", Act.TICK, Act.RESET]
    async with upstream(said, cut, tls=good.server) as there, transport() as here:
        origin = there.origin("https", ca_file=good.ca_file)
        assert await fetch(here, post(origin)) == (200, b"hello")
        reply = await here.open(post(origin))
        with pytest.raises(UpstreamCut):
            await reply.read(LIMIT)


async def test_a_certificate_that_nobody_vouches_for_is_refused(good: Tls) -> None:
    async with upstream(tls=good.server) as there, transport() as here:
        with pytest.raises(UpstreamUnreachable, match=r"certificate of 127\.0\.0\.1"):
            await here.open(post(there.origin("https")))
        assert there.requests == []


async def test_a_certificate_for_another_host_is_refused(of_another: Tls) -> None:
    async with upstream(tls=of_another.server) as there, transport() as here:
        with pytest.raises(UpstreamUnreachable, match=r"certificate of 127\.0\.0\.1"):
            await here.open(post(there.origin("https", ca_file=of_another.ca_file)))
        assert there.requests == []


async def test_a_server_that_does_not_speak_tls_is_unreachable(good: Tls) -> None:
    async with upstream([b"HTTP/1.1 400 Bad\r\n\r\n"]) as there, transport() as here:
        with pytest.raises(UpstreamUnreachable):
            await here.open(post(there.origin("https", ca_file=good.ca_file)))


async def test_a_missing_file_of_authorities_is_named() -> None:
    async with upstream() as there, transport() as here:
        with pytest.raises(UpstreamUnreachable, match=r"authorities in '/nowhere/ca\.pem' cannot be read"):
            await here.open(post(there.origin("https", ca_file="/nowhere/ca.pem")))


async def test_tls_settings_are_bounded(tmp_path: Path, good: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "CONTEXTS", 1)
    copy = tmp_path / "copy.pem"
    copy.write_bytes(Path(good.ca_file).read_bytes())
    async with upstream(tls=good.server) as there, transport() as here:
        for path in (good.ca_file, str(copy), good.ca_file):
            assert await fetch(here, post(there.origin("https", ca_file=path))) == (200, b"hello")


class Names:
    """A resolver that gives one answer after another, and the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def test_a_name_with_a_private_address_is_refused_before_anything_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "resolve", Names(["127.0.0.1"]))
    async with upstream() as there, transport() as here:
        with pytest.raises(EgressRefused, match=r"'api\.example' is at 127\.0\.0\.1.*allow_private"):
            await here.open(post(Origin("http", "api.example", there.port)))
        assert there.connections == 0


async def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "resolve", Names(["8.8.8.8", "::ffff:10.0.0.1"]))
    async with transport() as here:
        with pytest.raises(EgressRefused, match="::ffff:10"):
            await here.open(post(Origin("http", "api.example", 80)))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "localhost", "0.0.0.0", "169.254.169.254", "::1", "[::1]"]
)
async def test_a_private_address_is_refused_however_it_is_spelled(host: str) -> None:
    async with transport() as here:
        with pytest.raises(EgressRefused):
            await here.open(post(Origin("http", host, 9)))


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Where connections went; `127.0.0.1` counts as a public address here."""
    seen: list[str] = []
    real = connect.egress.is_public

    def is_public(address: str) -> bool:
        seen.append(address)
        return address == "127.0.0.1" or real(address)

    monkeypatch.setattr(connect.egress, "is_public", is_public)
    yield seen


async def test_a_name_that_changes_its_address_is_asked_once_and_the_checked_address_called(
    monkeypatch: pytest.MonkeyPatch, dialled: list[str]
) -> None:
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    monkeypatch.setattr(connect, "resolve", names)
    async with upstream([Act.REQUEST, *ANSWER[1:2], Act.CLOSE]) as there, transport() as here:
        origin = Origin("http", "rebinds.example", there.port)
        assert await fetch(here, post(origin)) == (200, b"hello")
        assert (names.asked, dialled) == (["rebinds.example"], ["127.0.0.1"])
        await asyncio.wait_for(there.gone.wait(), 5)
        await asyncio.sleep(0.02)
        with pytest.raises(EgressRefused):
            await here.open(post(origin))
        assert there.connections == 1


async def test_addresses_are_tried_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.9", 0))
        port = full.getsockname()[1]  # bound and not listening: refused at once
        monkeypatch.setattr(connect, "resolve", Names(["127.0.0.9", "127.0.0.8", "127.0.0.1"]))
        async with upstream() as there, transport() as here:
            assert await fetch(here, post(Origin("http", "api.example", there.port, allow_private=True))) == (200, b"hello")
            with pytest.raises(UpstreamUnreachable, match=r"No connection to api\.example"):
                await here.open(post(Origin("http", "api.example", port, allow_private=True)))


async def test_an_address_that_never_answers_does_not_use_up_the_time_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "TRY_S", 0.05)
    real = asyncio.get_running_loop().create_connection

    async def create_connection(make: object, host: str, *rest: object, **more: object) -> object:
        if host == "127.0.0.2":
            await asyncio.sleep(60)
        return await real(make, host, *rest, **more)  # pyright: ignore[reportArgumentType, reportCallIssue, reportUnknownVariableType]

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", create_connection)
    monkeypatch.setattr(connect, "resolve", Names(["127.0.0.2", "127.0.0.1"]))
    async with upstream() as there, transport() as here:
        assert await fetch(here, post(Origin("http", "api.example", there.port, allow_private=True))) == (200, b"hello")


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 70 + ".example"])
async def test_a_name_without_an_address_is_unreachable(host: str) -> None:
    async with transport() as here:
        with pytest.raises(UpstreamUnreachable, match="has no address"):
            await here.open(post(Origin("http", host, 80)))


async def test_a_resolver_that_gives_nothing_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "resolve", Names([]))
    async with transport() as here:
        with pytest.raises(UpstreamUnreachable, match="no address"):
            await here.open(post(Origin("http", "api.example", 80)))


async def test_closing_the_transport_while_a_connection_is_made_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.set()
        await answer.wait()
        return ["127.0.0.1"]

    monkeypatch.setattr(connect, "resolve", resolve)
    async with upstream() as there:
        here = Transport()
        opening = asyncio.ensure_future(here.open(post(there.origin())))
        await asked.wait()
        await here.close()
        answer.set()
        with pytest.raises(UpstreamReset, match="shutting down"):
            await opening
        assert there.requests == []
