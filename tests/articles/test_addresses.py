from __future__ import annotations

import httpx
import pytest
from growth import assert_linear

from summarizer.articles.article import redact
from summarizer.articles.fetch import check_url, is_public, resolve
from summarizer.errors import FetchError, UnsafeURLError


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 (refused, not bound)
        "10.1.2.3",
        "100.64.0.1",  # carrier-grade NAT
        "127.0.0.1",
        "127.255.0.9",
        "169.254.169.254",  # link-local: cloud metadata
        "172.16.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",  # IPv4-compatible
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",  # NAT64
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",  # 6to4
        "2001:0:1::1",  # Teredo
        "2001:db8::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "5f00::1",
    ],
)
def test_other_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0"])
def test_names_and_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises(UnsafeURLError, match="not a public address"):
        resolve(host, 80, allow_private=False)


def test_one_private_address_of_many_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [(2, 1, 6, "", (address, 80)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: entries)

    with pytest.raises(UnsafeURLError, match=r"10\.0\.0\.1"):
        resolve("rebind.example", 80, allow_private=False)


def test_private_addresses_are_allowed_on_request() -> None:
    assert resolve("127.0.0.1", 80, allow_private=True) == ["127.0.0.1"]


def test_an_unknown_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", fail)
    with pytest.raises(FetchError, match=r"'nowhere\.invalid' is not known"):
        resolve("nowhere.invalid", 80, allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/a",
        "gopher://example.org/",
        "http:///path",
        "https://user:secret@example.org/",
        "http://example.org:22/",
        "http://example.org:25/",
    ],
)
def test_urls_that_are_never_fetched(url: str) -> None:
    with pytest.raises(UnsafeURLError) as caught:
        check_url(httpx.URL(url), allow_private=False)
    assert "secret" not in str(caught.value)


def test_secrets_are_not_shown() -> None:
    shown = redact("https://me:pw1@news.example/a?id=7&access_token=pw2&Signature=pw3#x")

    assert shown == "https://***@news.example/a?id=7&access_token=***&Signature=***#x"


def test_a_url_made_to_be_slow() -> None:
    assert_linear(lambda size: redact("http://a.example/" + "?key" * size), 100_000)


def test_a_secret_after_the_hash_is_hidden_too() -> None:
    assert redact("https://a.example/#access_token=b&c=d") == (
        "https://a.example/#access_token=***&c=d"
    )


@pytest.mark.parametrize("port", [0, 65_536, 65_561, 99_999_999_999])
@pytest.mark.parametrize("allow_private", [True, False])
def test_a_port_that_does_not_exist_is_refused(port: int, *, allow_private: bool) -> None:
    with pytest.raises(UnsafeURLError, match=f"port {port}, which does not exist"):
        check_url(httpx.URL(f"http://a.example:{port}/"), allow_private=allow_private)
