"""Opening a connection: name, egress rule, proxy, TCP and TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence

from headgate.core.errors import EgressRefused, UpstreamUnreachable
from headgate.core.ports import Origin
from headgate.upstream import egress
from headgate.upstream.tunnel import Proxy, open_tunnel, read_proxy

CONTEXTS = 64
"""How many TLS settings are kept."""
TRY_S = 2.0
"""How long one address may take while there are others to try."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, in the order to try them."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as cause:
        raise UpstreamUnreachable(f"The name {host!r} has no address: {cause}.") from cause
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Dialer:
    """Opens connections. TLS settings are kept, because loading the certificate authorities takes long."""

    __slots__ = ("_contexts",)

    def __init__(self) -> None:
        self._contexts: dict[str | None, ssl.SSLContext] = {}

    async def dial(self, origin: Origin, protocol: asyncio.Protocol) -> None:
        """Connect `protocol` to the origin. Raises UpstreamUnreachable, EgressRefused."""
        host = origin.host.strip("[]")
        context = await self._context(origin.ca_file) if origin.tls else None
        try:
            if origin.proxy is not None:
                await _through(read_proxy(origin.proxy), origin, protocol, context)
            else:
                addresses = await resolve(host, origin.port)
                if not origin.allow_private:
                    _refuse_private(host, addresses)
                await _in_turn(addresses, origin, protocol, context)
        except ssl.SSLCertVerificationError as cause:
            raise UpstreamUnreachable(f"The certificate of {host}:{origin.port} is not accepted: {cause.verify_message}.") from cause
        except (OSError, ssl.CertificateError) as cause:
            raise UpstreamUnreachable(f"No connection to {host}:{origin.port}: {cause}.") from cause

    async def _context(self, ca_file: str | None) -> ssl.SSLContext:
        context = self._contexts.get(ca_file)
        if context is None:
            loop = asyncio.get_running_loop()
            try:
                context = await loop.run_in_executor(None, _make_context, ca_file)
            except (OSError, ssl.SSLError) as cause:
                raise UpstreamUnreachable(f"The certificate authorities in {ca_file!r} cannot be read: {cause}.") from cause
            if len(self._contexts) >= CONTEXTS:
                self._contexts.clear()
            self._contexts[ca_file] = context
        return context


def _make_context(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _refuse_private(host: str, addresses: Sequence[str]) -> None:
    for address in addresses:
        if not egress.is_public(address):
            raise EgressRefused(
                f"{host!r} is at {address}, which is not a public address: set `allow_private` for this provider to call it."
            )


async def _in_turn(addresses: Sequence[str], origin: Origin, protocol: asyncio.Protocol, context: ssl.SSLContext | None) -> None:
    """Connect to the first of these addresses that answers: to the address itself, so that it is the one that was checked."""
    loop = asyncio.get_running_loop()
    server_name = origin.host.strip("[]") if context is not None else None
    for index, address in enumerate(addresses):
        last = index == len(addresses) - 1
        try:
            # One that never answers may not use up the time of the others.
            async with asyncio.timeout(None if last else TRY_S):
                await loop.create_connection(lambda: protocol, address, origin.port, ssl=context, server_hostname=server_name)
        except ssl.SSLError:
            raise
        except OSError:
            if last:
                raise
        else:
            return
    raise OSError("no address")


async def _through(proxy: Proxy, origin: Origin, protocol: asyncio.Protocol, context: ssl.SSLContext | None) -> None:
    """Connect through a proxy. It resolves the name, so only an address spelled out can be checked here."""
    host = origin.host.strip("[]")
    spelled = egress.literal(host)
    if spelled is not None and not origin.allow_private:
        _refuse_private(host, [spelled])
    loop = asyncio.get_running_loop()
    transport = await open_tunnel(proxy, host, origin.port)
    try:
        if context is None:
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
            return
        encrypted = await loop.start_tls(transport, protocol, context, server_hostname=host)
        if encrypted is None:
            raise ConnectionResetError("the proxy closed the connection")
        protocol.connection_made(encrypted)
    except BaseException:
        transport.abort()
        raise
