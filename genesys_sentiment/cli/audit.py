"""``audit``: whether an audit is whole, and as it was written."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
from pathlib import Path
from typing import Final

from attrs import asdict

from genesys_sentiment.cli.codes import FINE, TROUBLE
from genesys_sentiment.cli.destinations import AUDIT_KEY, audit_key
from genesys_sentiment.cli.lines import Put, for_people, printable, printing
from genesys_sentiment.cli.options import add_json
from genesys_sentiment.errors import AuditBroken, ConfigurationError
from genesys_sentiment.model.export import Exported, encode
from genesys_sentiment.sinks.audit_files import Verified, verify

_DESCRIPTION = """\
Checks every line of an audit (--sink audit:PATH) and of the files that it was rotated into, and
names the first line that was changed, removed or added. The key comes from the environment:
{key}. Nothing is changed.
"""
_EPILOG = """\
examples:
  genesys-sentiment audit verify audit.jsonl
  genesys-sentiment audit verify audit.jsonl --known "$(cat end-of-last-week)" --json | jq -r .end

exit codes:
  0    the audit is whole
  1    it is not, or the key is another one; or the output could not be written
  2    there is no audit, or no key
  130  ended by Ctrl-C or SIGTERM
"""
_END: Final = re.compile(r"[0-9a-f]{64}")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    text = "check that an audit was not changed"
    actions = commands.add_parser(
        "audit", help=text, description=text.capitalize() + ".", allow_abbrev=False
    ).add_subparsers(title="actions", required=True, metavar="ACTION")
    parser = actions.add_parser(
        "verify",
        help=text,
        description=_DESCRIPTION.format(key=AUDIT_KEY),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the audit that is written to")
    parser.add_argument(
        "--known",
        type=_end,
        metavar="END",
        help="the end that an earlier check showed: the audit must still go through it",
    )
    add_json(parser)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Run the command; its exit code."""
    key = audit_key(os.environ)

    async def look(put: Put) -> int:
        try:
            found = await asyncio.to_thread(verify, options.file, key, known=options.known)
        except AuditBroken as error:
            shown, words = _broken(error), f"BROKEN  {error}"
        except OSError as error:
            raise ConfigurationError(f"{options.file}: {error.strerror}") from None
        else:
            shown, words = _whole(found), _in_words(found)
        put(printable(words).encode() if for_people(json=options.json) else encode(shown))
        return FINE if shown["whole"] else TROUBLE

    return await printing(look)


def _end(text: str) -> str:
    if not _END.fullmatch(text):
        raise argparse.ArgumentTypeError("an end is 64 hexadecimal digits")
    return text


def _whole(found: Verified) -> Exported:
    return {"type": "audit", "whole": True, **asdict(found)}


def _broken(error: AuditBroken) -> Exported:
    return {"type": "audit", "whole": False, "line": error.line, "what": str(error)}


def _in_words(found: Verified) -> str:
    beyond = f" ({found.beyond} behind the anchor)" if found.beyond else ""
    return f"ok  {found.lines} lines{beyond} in {found.files} files, end {found.end}"
