"""Regions, addresses and connectUri: S0-07, S4-01, C5-29."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from genesys_sentiment.cloud import regions
from genesys_sentiment.cloud.regions import (
    REGIONS,
    Endpoints,
    Region,
    check_connect_uri,
    endpoints,
    host_of,
    is_loopback,
    region,
)
from genesys_sentiment.errors import ConfigurationError, ProtocolError


def test_there_are_18_regions_with_their_own_domains() -> None:
    assert len(REGIONS) == 18
    assert len({one.domain for one in REGIONS}) == 18


@pytest.mark.parametrize("one", REGIONS, ids=lambda one: one.name)
def test_every_spelling_of_a_region(one: Region) -> None:
    for text in (
        one.name,
        one.domain,
        f"api.{one.domain}",
        f"login.{one.domain}",
        f"https://api.{one.domain}",
        f"https://login.{one.domain}/",
        f"https://{one.domain}",
    ):
        assert region(text) == region(text.upper()) == one
    assert one.api_url == f"https://api.{one.domain}"
    assert one.login_url == f"https://login.{one.domain}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "mypurecloud.de.",
        "mypurecloud.de\n",
        "\tmypurecloud.de",
        "mypurecloud.de\x00",
        "mypurecloud.de//",
        "mypurecloud.de/x",
        "mypurecloud.de:443",
        "mypurecloud.de?a",
        "mypurecloud.de#a",
        "mypurecloud.de@evil.example",
        "user:pass@mypurecloud.de",
        "https://user:pass@mypurecloud.de",
        "http://mypurecloud.de",
        "ftp://mypurecloud.de",
        "wss://mypurecloud.de",
        "//mypurecloud.de",
        "https:\\\\mypurecloud.de",
        "api.api.mypurecloud.de",
        "evil.mypurecloud.de",
        "mypurecloud.de.evil.example",
        "evilmypurecloud.de",
        "https://us-east-1",
        "api.us-east-1",
        "mypurecl\u03bfud.de",
        "mypurecloud\u3002de",
        "m\u200bypurecloud.de",
        "{region}",
        "api.genesyscloud.com",
    ],
)
def test_nothing_else_is_a_region(text: str) -> None:
    """S0-07, S4-01: nothing that could lead to another host passes."""
    with pytest.raises(ConfigurationError):
        region(text)


def test_a_look_alike_that_lower_makes_plain_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Kelvin sign lowers to k: only ASCII is looked at, should a region ever have a k."""
    monkeypatch.setitem(regions._BY_NAME, "k", REGIONS[0])
    assert region("K") == REGIONS[0]
    with pytest.raises(ConfigurationError):
        region("\u212a")


@given(st.text(max_size=60))
def test_whatever_the_text_the_result_is_a_known_region_or_an_error(text: str) -> None:
    try:
        found = region(text)
    except ConfigurationError:
        return
    assert found in REGIONS


def test_the_error_lists_what_comes_close() -> None:
    with pytest.raises(ConfigurationError, match=r"did you mean .*eu-central-1"):
        region("eu-centrall-1")
    with pytest.raises(ConfigurationError, match=r"mypurecloud\.de"):
        region("mypurecloud.dee")


def test_the_error_echoes_no_password() -> None:
    with pytest.raises(ConfigurationError) as caught:
        region("https://user:hunter2@mypurecloud.de")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://gateway.example.com", "https://gateway.example.com"),
        ("https://Gateway.Example.com/", "https://gateway.example.com"),
        (
            "https://gateway.example.com:8443/genesys/api/",
            "https://gateway.example.com:8443/genesys/api",
        ),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_explicit_addresses(url: str, base: str) -> None:
    assert endpoints(url, "https://login.example.com").api_url == base
    assert endpoints("https://api.example.com", url).login_url == base


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gateway.example.com",
        "//gateway.example.com",
        "http://gateway.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://2130706433",
        "http://127.1",
        "http://[::ffff:127.0.0.1]",
        "http://[::1%25eth0]",
        "ftp://127.0.0.1",
        "https://user@gateway.example.com",
        "https://user:pass@gateway.example.com",
        "https://@gateway.example.com",
        "https://gateway.example.com?a=b",
        "https://gateway.example.com?",
        "https://gateway.example.com#a",
        "https://gateway.example.com/a/../b",
        "https://gateway.example.com//b",
        "https://gateway.example.com/%2e%2e",
        "https://gateway.example.com.",
        "https://gateway..example.com",
        "https://-gateway.example.com",
        "https://gateway.example.com:0",
        "https://gateway.example.com:99999",
        "https://gateway.example.com:x",
        "https://gateway.example.com\\@evil.example",
        "https://gateway.exam\nple.com",
        "https://gateway.example.com/a b",
        "https://g\u0430teway.example.com",
        "https://",
    ],
)
def test_unsound_addresses_are_refused(url: str) -> None:
    """S0-07: user, query, fragment, control characters, plain http, look-alikes."""
    with pytest.raises(ConfigurationError):
        endpoints(url, "https://login.example.com")
    with pytest.raises(ConfigurationError):
        endpoints("https://api.example.com", url)


@pytest.mark.parametrize(
    ("host", "loops"),
    [("127.0.0.1", True), ("127.255.0.3", True), ("::1", True), ("localhost", True)]
    + [(host, False) for host in ("128.0.0.1", "0.0.0.0", "::", "localhost.", "127.1", "")],
)
def test_loopback(host: str, loops: bool) -> None:
    assert is_loopback(host) is loops


GERMANY = region("mypurecloud.de").endpoints
GATEWAY = endpoints("https://api.corp.example/genesys", "https://login.corp.example")
SIMULATOR = endpoints("http://127.0.0.1:9000", "http://127.0.0.1:9000")


@pytest.mark.parametrize(
    ("uri", "where"),
    [
        ("wss://streaming.mypurecloud.de/channels/streaming-0-abc", GERMANY),
        ("wss://Streaming.MyPureCloud.de/channels/x", GERMANY),
        ("wss://api.corp.example/channels/x", GATEWAY),
        ("wss://streaming.corp.example/channels/x", GATEWAY),
        ("wss://streaming.mypurecloud.jp/channels/x", GATEWAY),
        ("ws://127.0.0.1:9000/channels/x", SIMULATOR),
        ("ws://localhost:9000/channels/x", SIMULATOR),
        ("wss://[::1]:9000/channels/x", SIMULATOR),
    ],
)
def test_a_connect_uri_of_the_organisation_is_trusted(uri: str, where: Endpoints) -> None:
    check_connect_uri(uri, where)


@pytest.mark.parametrize(
    ("uri", "where"),
    [
        ("ws://streaming.mypurecloud.de/canary", GERMANY),
        ("https://streaming.mypurecloud.de/canary", GERMANY),
        ("wss://mypurecloud.de.evil.example/canary", GERMANY),
        ("wss://evilmypurecloud.de/canary", GERMANY),
        ("wss://streaming.mypurecloud.com/canary", GERMANY),
        ("wss://streaming.mypurecloud.de@evil.example/canary", GERMANY),
        ("wss://evil.example\\.mypurecloud.de/canary", GERMANY),
        ("wss://streaming.mypurecloud.de./canary", GERMANY),
        ("wss://streaming.mypurecloud.de/canary#x", GERMANY),
        ("wss://127.0.0.1/canary", GERMANY),
        ("wss://corp.example.evil.example/canary", GATEWAY),
        ("ws://api.corp.example/canary", GATEWAY),
        ("wss://other.example/canary", GATEWAY),
        ("ws://10.0.0.1:9000/canary", SIMULATOR),
        ("wss://streaming.mypurecloud.de/canary", SIMULATOR),
        ("canary", SIMULATOR),
    ],
)
def test_a_connect_uri_to_elsewhere_is_refused_and_not_shown(uri: str, where: Endpoints) -> None:
    with pytest.raises(ProtocolError) as caught:
        check_connect_uri(uri, where)
    assert "canary" not in f"{caught.value!r} {caught.value}"


def test_the_refusal_names_the_host() -> None:
    with pytest.raises(ProtocolError, match=r"wss://evil\.example, .* api\.mypurecloud\.de"):
        check_connect_uri("wss://evil.example/x", GERMANY)


ADDRESSES = st.builds(
    str.__add__,
    st.sampled_from(["https://", "http://", "wss://", "ws://", ""]),
    st.text(alphabet="abc.:/@\\?#[]%-_~;,!1270\t\u3002\uff0e", max_size=24)
    | st.sampled_from(["127.0.0.1", "localhost:1", "[::1]:8/x", "streaming.mypurecloud.de/x"]),
)


@given(ADDRESSES)
def test_an_accepted_address_leads_aiohttp_to_the_host_that_was_checked(text: str) -> None:
    """S0-07: two parsers that read one address differently would open a hole."""
    try:
        where = endpoints(text, text)
    except ConfigurationError:
        return
    url = URL(where.api_url + "/oauth/token", encoded=True)
    assert url.host == host_of(where.api_url)
    assert url.scheme == "https" or is_loopback(url.host or "")
    assert (url.user, url.password, url.query_string, url.fragment) == (None, None, "", "")
    assert url.raw_path.endswith("/oauth/token")


@given(ADDRESSES, st.sampled_from([GERMANY, GATEWAY, SIMULATOR]))
def test_an_accepted_connect_uri_leads_aiohttp_to_a_trusted_host(
    text: str, where: Endpoints
) -> None:
    try:
        check_connect_uri(text, where)
    except ProtocolError:
        return
    url = URL(text)
    host = url.host or ""
    if where is SIMULATOR:
        assert is_loopback(host)
    else:
        assert url.scheme == "wss"
        assert host.endswith((".mypurecloud.de", ".corp.example"))
