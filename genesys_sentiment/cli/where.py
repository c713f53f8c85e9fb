"""Where the organisation is, and who asks: options before environment variables."""

from __future__ import annotations

import argparse
import os

from genesys_sentiment.cloud.settings import Credentials, credentials_from_env
from genesys_sentiment.errors import ConfigurationError


def add_where(parser: argparse.ArgumentParser) -> None:
    """--region, --api-url and --login-url."""
    where = parser.add_argument_group("where (instead of the environment)")
    where.add_argument("--region", metavar="R", help="eu-central-1, mypurecloud.de, …")
    where.add_argument("--api-url", metavar="U", help="of a gateway or a simulator")
    where.add_argument("--login-url", metavar="U", help="with --api-url")


def credentials_of(options: argparse.Namespace) -> Credentials:
    """From the environment, with what the options say instead. Raises ConfigurationError."""
    environ = dict(os.environ)
    explicit = {"GENESYS_API_URL": options.api_url, "GENESYS_LOGIN_URL": options.login_url}
    given = {name: value for name, value in explicit.items() if value is not None}
    if given and options.region is not None:
        raise ConfigurationError("give either --region, or --api-url and --login-url, not both")
    if options.region is not None:
        environ = {name: value for name, value in environ.items() if name not in explicit}
        environ["GENESYS_REGION"] = options.region
    if given:
        environ.pop("GENESYS_REGION", None)
        environ.update(given)
    return credentials_from_env(environ)
