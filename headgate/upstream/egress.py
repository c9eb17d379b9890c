"""Where connections may go: public addresses only, unless the configuration allows that origin more."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

NOT_PUBLIC_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network, unspecified
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; a cloud's metadata lives there too
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's host agent on a public address
        "169.254.0.0/16",  # link-local, metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)

PUBLIC_V6 = IPv6Network("2000::/3")
NOT_PUBLIC_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo, benchmarks
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)

EMBEDDED_V4 = (
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (IPv6Network("2002::/16"), 80),  # 6to4
)
"""IPv6 forms that reach an IPv4 address, and how many bits stand to the right of it."""


def is_public(address: str) -> bool:
    """Whether this resolved address is one that everybody may reach."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in NOT_PUBLIC_V4)
    for network, shift in EMBEDDED_V4:
        if parsed in network:
            return is_public(str(_embedded(parsed, shift)))
    return parsed in PUBLIC_V6 and not any(parsed in network for network in NOT_PUBLIC_V6)


def literal(host: str) -> str | None:
    """The address that `host` spells without asking a name server; None where it is a name."""
    bare = host.strip("[]").rstrip(".")
    if bare.lower() == "localhost" or bare.lower().endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ip_address(bare))
    except ValueError:
        pass
    try:
        # "127.1", "0x7f.1" and "2130706433" are addresses to resolvers.
        return socket.inet_ntoa(socket.inet_aton(bare))
    except (OSError, UnicodeError):
        return None


def _embedded(address: IPv6Address, shift: int) -> IPv4Address:
    return IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
