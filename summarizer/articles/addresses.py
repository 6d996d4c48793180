"""Which network addresses and URLs may be fetched.

An article's URL may come from anybody, and this program may run inside a network with services
that trust their neighbours: so only addresses of the public internet are allowed, and a name is
judged by the addresses it stands for.
"""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from summarizer.articles.tables import names_in
from summarizer.errors import FetchError, UnsafeURLError

if TYPE_CHECKING:
    import httpx

# All IPv6 unicast addresses in use (RFC 4291; IANA has handed out nothing else).
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
# 6to4 relays anycast; benchmark and documentation ranges that older Pythons call global.
_EXTRA = [ip_network(network) for network in names_in("networks")["not_public"]]
_USER = re.compile(r"(?<=//)[^/?#]*@")
_PARAMETER = re.compile(r"(?<=[?&;#])([^=?&;#]*+)=[^&;#]*+")
_SECRET = re.compile(r"token|key|secret|password|passwd|pwd|auth|sig|session", re.I)


def is_public(address: str) -> bool:
    """The address is one of the public internet, also behind IPv6 forms of an IPv4 address.

    >>> is_public("8.8.8.8"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = _inner_ipv4(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _GLOBAL_UNICAST:
            return False
    return (
        ip.is_global
        and not ip.is_multicast
        and not any(ip in net for net in _EXTRA if net.version == ip.version)
    )


def _inner_ipv4(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a mapped, NAT64 or 6to4 address leads to."""
    if any(ip in network for network in _NAT64):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def resolve(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of a host, all of which may be connected to.

    Raises UnsafeURLError if one of them may not, FetchError if there are none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError(
            f"the host {host!r} is not known: {error}", hint="check the address and the network"
        ) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allow_private:
        for address in addresses:
            if not is_public(address):
                raise UnsafeURLError(
                    f"the host {host!r} is at {address}, which is not a public address",
                    hint="--allow-private-urls allows it, if you trust the address",
                )
    return addresses


def check_url(url: httpx.URL, *, allow_private: bool) -> None:
    """Raises UnsafeURLError for a URL that must not be fetched, whatever its host."""
    shown = redact(str(url))
    if url.scheme not in {"http", "https"}:
        raise UnsafeURLError(
            f"{shown!r} is not an http or https URL", hint="save the page, and pass the file"
        )
    if url.userinfo:
        raise UnsafeURLError(
            f"{shown!r} has a user name or password in it", hint="remove what is before the @"
        )
    if not url.host:
        raise UnsafeURLError(f"{shown!r} names no host", hint="https://example.org/article")
    # The system takes the rest of a division by 65,536: 65561 would be 25.
    if url.port is not None and not 0 < url.port < 65536:
        raise UnsafeURLError(
            f"{shown!r} asks for port {url.port}, which does not exist", hint="check the address"
        )
    # Other services below 1024 (mail, shells, file shares) may read a request as orders.
    port = url.port or 443
    if not allow_private and port < 1024 and port not in {80, 443}:
        raise UnsafeURLError(
            f"{shown!r} asks for port {port}, where no web pages are",
            hint="--allow-private-urls allows it, if you trust the address",
        )


def redact(url: str) -> str:
    """The URL as it may be shown: without user, password, and values that look like keys.

    >>> redact("https://me:pw@news.example/a?id=1&token=abc")
    'https://***@news.example/a?id=1&token=***'
    """
    return _PARAMETER.sub(_without_secret, _USER.sub("***@", url))


def _without_secret(parameter: re.Match[str]) -> str:
    return f"{parameter[1]}=***" if _SECRET.search(parameter[1]) else parameter[0]
