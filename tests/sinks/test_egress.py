"""Where a webhook may go: the rules, and the guard on the way out (C5-26)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.sinks._addresses import allowance, literal
from genesys_sentiment.sinks._egress import AddressRefused, Guard, tls_context
from genesys_sentiment.sinks._target import check_headers, check_url

NOWHERE = allowance(False)
PRIVATE = allowance(True)

PUBLIC = ["8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00::1"]
PUBLIC += ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
LOCAL = ["127.0.0.1", "127.255.0.9", "10.1.2.3", "172.31.255.255", "192.168.0.1", "::1"]
LOCAL += ["fd12::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::127.0.0.1"]
NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "5f00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert NOWHERE.judge(ip_address(address)) == "public"
    assert PRIVATE.judge(ip_address(address)) == "public"


@pytest.mark.parametrize("address", LOCAL)
def test_private_addresses_must_be_allowed(address: str) -> None:
    """C5-26: loopback and private, also inside of IPv6 addresses."""
    assert NOWHERE.judge(ip_address(address)) == "refused"
    assert PRIVATE.judge(ip_address(address)) == "allowed"


@pytest.mark.parametrize("address", NEVER)
def test_what_is_neither_is_refused_even_when_private_is_allowed(address: str) -> None:
    """C5-26: link-local and metadata, CGNAT, multicast, reserved, unspecified, embeddings."""
    assert NOWHERE.judge(ip_address(address)) == "refused"
    assert PRIVATE.judge(ip_address(address)) == "refused"


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_nothing_is_public_that_python_knows_to_be_private(
    address: IPv4Address | IPv6Address,
) -> None:
    """An oracle of its own kind: the standard library's table, which is coarser in places."""
    if NOWHERE.judge(address) == "public" and not _carries(address):
        assert not address.is_private
        assert not address.is_multicast
        assert not address.is_link_local
        assert not address.is_loopback
        assert not address.is_unspecified


def _carries(address: IPv4Address | IPv6Address) -> bool:
    translated = ip_address("64:ff9b::"), ip_address("64:ff9b::ffff:ffff")
    return isinstance(address, IPv6Address) and (
        address.ipv4_mapped is not None or int(translated[0]) <= int(address) <= int(translated[1])
    )


@given(st.ip_addresses(v=4))
def test_an_embedded_address_is_judged_as_itself(address: IPv4Address) -> None:
    for allowed in (NOWHERE, PRIVATE):
        expected = allowed.judge(address)
        assert allowed.judge(ip_address(f"::ffff:{address}")) == expected
        assert allowed.judge(ip_address(f"64:ff9b::{address}")) == expected


def test_named_networks_and_only_those() -> None:
    named = allowance(["10.1.0.0/16", "169.254.7.0/24", "fd12::/64"])
    judged = {
        each: named.judge(ip_address(each)) for each in ("10.1.9.9", "169.254.7.1", "fd12::9")
    }
    assert set(judged.values()) == {"allowed"}
    for other in ("10.2.0.1", "127.0.0.1", "169.254.169.254", "fd13::1"):
        assert named.judge(ip_address(other)) == "refused"
    assert allowance("10.1.0.0/16").judge(ip_address("10.1.0.1")) == "allowed"


@pytest.mark.parametrize("wrong", ["10.0.0.1/8", "private", ["10.0.0.0/33"], [None]])
def test_what_is_no_network(wrong: Sequence[str]) -> None:
    with pytest.raises(ConfigurationError, match=r"10\.1\.0\.0/16"):
        allowance(wrong)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "0300.0250.0.1",
        "1.2.3.4.5",
        "256.1.1.1",
        "host.0x10",
    ],
)
def test_numbers_that_only_some_programs_take_for_an_address(host: str) -> None:
    """C5-26: decimal, octal and hexadecimal, short and too long."""
    with pytest.raises(ConfigurationError, match="four decimal numbers"):
        literal(host)
    for allowed in (NOWHERE, PRIVATE):
        with pytest.raises(ConfigurationError, match="four decimal numbers"):
            check_url(f"https://{host}/", allowed)


@pytest.mark.parametrize("address", LOCAL + NEVER)
def test_a_literal_address_is_refused_at_once(address: str) -> None:
    """C5-26: the connector asks no resolver for it, so that the guard would never see it."""
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(ConfigurationError, match="private or reserved"):
        check_url(f"https://{host.replace('%', '%25')}/", NOWHERE)


def test_full_width_digits_are_digits() -> None:
    """C5-26: IDNA makes an address of them."""
    for url in ("https://１２７.0.0.1/", "https://127。0。0。1/", "https://①②⑦.⓪.⓪.①/"):
        with pytest.raises(ConfigurationError):
            check_url(url, NOWHERE)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/a?b=c%2Fd",
        "https://hooks.example.com:8443/",
        "https://bücher.example/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
    ],
)
def test_addresses_that_are_right(url: str) -> None:
    assert check_url(url, NOWHERE).scheme == "https"


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://hooks.example.com/", "https"),
        ("ftp://hooks.example.com/", "https"),
        ("hooks.example.com", "https"),
        ("https:///path", "https"),
        ("https://", "https"),
        ("", "https"),
        ("https://a.example:99999/", "https"),
        ("https://a.example:0/", "https"),
        ("https://canary:canary@a.example/", "no user"),
        ("https://canary@a.example/", "no user"),
        ("https://:canary@a.example/", "no user"),
        ("https://a.example/#canary", "fragment"),
        ("https://a.example/#", "fragment"),
        ("https://a.example/ canary", "white space"),
        ("https://a.example/\r\nX: canary", "white space"),
        ("https://a.example/\x00", "white space"),
        ("https://a.example\\@b.example/", "white space"),
        ("https://a.example/\u2028", "white space"),
        ("https://a..example/", "neither"),
        ("https://-a.example/", "neither"),
        ("https://a$.example/", "neither"),
        (f"https://{'a' * 64}.example/", "neither"),
    ],
)
def test_addresses_that_are_wrong(url: str, rule: str) -> None:
    with pytest.raises(ConfigurationError, match=rule) as caught:
        check_url(url, NOWHERE)
    assert "canary" not in str(caught.value)


def test_http_is_for_networks_that_are_allowed() -> None:
    assert check_url("http://127.0.0.1:8080/", PRIVATE).port == 8080
    assert check_url("http://crm.internal/", PRIVATE).scheme == "http"
    with pytest.raises(ConfigurationError, match="http to a public one"):
        check_url("http://8.8.8.8/", PRIVATE)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\x00b", "a\x7f", "ä"])
def test_no_line_ends_in_headers(value: str) -> None:
    """C5-29: CR, LF and NUL are refused before anything is sent, and not shown."""
    with pytest.raises(ConfigurationError, match="X-Key") as caught:
        check_headers({"X-Key": value})
    assert value not in str(caught.value)
    with pytest.raises(ConfigurationError):
        check_headers({f"X{value}": "1"})


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "Webhook-Id", "webhook-signature"]
)
def test_headers_that_are_ours(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        check_headers({name: "1"})


def test_a_header_given_twice() -> None:
    with pytest.raises(ConfigurationError, match="twice"):
        check_headers({"X-Key": "1", "x-key": "2"})
    assert check_headers({"X-Key": "a b", "Content-Type": "text/plain"}) == {
        "x-key": "a b",
        "content-type": "text/plain",
    }


class TestGuard:
    """Names are looked up by a fake here: no real name leads to all of these addresses."""

    @staticmethod
    def _guard(*addresses: str, allow: bool = False, plain: bool = False) -> Guard:
        async def lookup(host: str) -> Sequence[str]:
            return addresses

        return Guard(allowance(allow), plain=plain, lookup=lookup)

    async def test_public_names_pass_with_exactly_what_was_judged(self) -> None:
        results = await self._guard("8.8.8.8", "2606:4700::1111").resolve("a.example", 443)
        assert [(each["host"], each["port"]) for each in results] == [
            ("8.8.8.8", 443),
            ("2606:4700::1111", 443),
        ]
        assert {each["hostname"] for each in results} == {"a.example"}

    @pytest.mark.parametrize("bad", LOCAL + NEVER)
    async def test_one_bad_address_spoils_the_name(self, bad: str) -> None:
        """C5-26: every address is judged; otherwise the one that works would be chance."""
        for addresses in ([bad], ["8.8.8.8", bad], [bad, "8.8.8.8"]):
            with pytest.raises(AddressRefused):
                await self._guard(*addresses).resolve("a.example")

    async def test_a_name_without_addresses_fails(self) -> None:
        """C5-26: fails closed."""
        with pytest.raises(OSError, match="without addresses"):
            await self._guard().resolve("a.example")

    async def test_unencrypted_stays_inside(self) -> None:
        await self._guard("10.0.0.1", allow=True, plain=True).resolve("a.example")
        with pytest.raises(AddressRefused):
            await self._guard("8.8.8.8", allow=True, plain=True).resolve("a.example")

    async def test_the_systems_own_lookup(self) -> None:
        """No fake: localhost is loopback on every machine."""
        with pytest.raises(AddressRefused):
            await Guard(NOWHERE, plain=False).resolve("localhost", 443)
        found = await Guard(PRIVATE, plain=False).resolve("localhost", 443)
        assert {"127.0.0.1", "::1"} >= {each["host"] for each in found}

    async def test_a_name_that_is_none_fails(self) -> None:
        """C5-26: .invalid never resolves (RFC 6761)."""
        with pytest.raises(OSError):  # noqa: PT011 - the message is the system's
            async with asyncio.timeout(10):
                await Guard(PRIVATE, plain=False).resolve("nobody.invalid", 443)


class TestContext:
    """C5-28: a context that does not verify is refused."""

    def test_the_default_verifies(self) -> None:
        context = tls_context(None)
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2

    def test_a_file_is_trusted_instead_of_the_system(self, tmp_path: Path) -> None:
        path = tmp_path / "ca.pem"
        trustme.CA().cert_pem.write_to_path(str(path))
        assert len(tls_context(path).get_ca_certs()) == 1

    @pytest.mark.parametrize("text", ["", "nonsense"])
    def test_a_file_without_certificates(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "ca.pem"
        path.write_text(text)
        for wrong in (path, tmp_path / "none.pem"):
            with pytest.raises(ConfigurationError, match="PEM"):
                tls_context(wrong)

    def test_one_that_does_not_verify(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        with pytest.raises(ConfigurationError, match="check_hostname"):
            tls_context(context)
        context.verify_mode = ssl.CERT_NONE
        with pytest.raises(ConfigurationError, match="CERT_REQUIRED"):
            tls_context(context)

    def test_one_that_goes_down_to_old_versions(self) -> None:
        context = ssl.create_default_context()
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.minimum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(ConfigurationError, match="TLSv1_2"):
            tls_context(context)
        context = ssl.create_default_context()
        assert tls_context(context) is context
