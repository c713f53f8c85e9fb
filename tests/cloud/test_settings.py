"""Configuration from environment variables."""

from __future__ import annotations

import pytest

from genesys_sentiment.cloud.regions import endpoints, region
from genesys_sentiment.cloud.settings import Credentials, credentials_from_env
from genesys_sentiment.errors import ConfigurationError

ID = {"GENESYS_CLIENT_ID": "id", "GENESYS_CLIENT_SECRET": "canary-secret"}


def test_a_region() -> None:
    found = credentials_from_env({**ID, "GENESYS_REGION": " eu-central-1\n", "PATH": "x"})
    assert found == Credentials(
        client_id="id",
        client_secret="canary-secret",
        endpoints=region("mypurecloud.de").endpoints,
    )
    assert "canary" not in repr(found)


def test_two_addresses_instead_of_a_region() -> None:
    api, login = "http://127.0.0.1:1", "http://127.0.0.1:2/login"
    found = credentials_from_env({**ID, "GENESYS_API_URL": api, "GENESYS_LOGIN_URL": login})
    assert found.endpoints == endpoints(api, login)


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({}, ["GENESYS_CLIENT_ID", "GENESYS_CLIENT_SECRET", "GENESYS_REGION"]),
        ({"GENESYS_REGION": "x"}, ["GENESYS_CLIENT_ID", "GENESYS_CLIENT_SECRET"]),
        ({**ID, "GENESYS_REGION": " "}, ["GENESYS_REGION"]),
        ({**ID, "GENESYS_API_URL": "https://a.b"}, ["GENESYS_LOGIN_URL"]),
    ],
)
def test_every_missing_variable_is_named_at_once(
    environ: dict[str, str], missing: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        credentials_from_env(environ)
    assert str(caught.value) == f"set the environment variables {', '.join(missing)}"


def test_a_region_beside_addresses_is_a_contradiction() -> None:
    with pytest.raises(ConfigurationError, match="not both"):
        credentials_from_env(
            {**ID, "GENESYS_REGION": "eu-west-1", "GENESYS_API_URL": "https://a.b"}
        )


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [("", "s"), ("i", ""), ("i:d", "s"), ("i\r\n", "s"), ("i", "s\x00"), ("i", "\u00e9")],
)
def test_credentials_that_cannot_be(client_id: str, secret: str) -> None:
    """C5-29: nothing that could end a header line."""
    with pytest.raises(ConfigurationError):
        Credentials(
            client_id=client_id,
            client_secret=secret,
            endpoints=region("eu-west-1").endpoints,
        )
