"""``analyze``: what the embedded analyzer says of texts that come in as lines."""

from __future__ import annotations

import argparse
import asyncio
import codecs
import os
import select
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from genesys_sentiment.analysis.analyzer import Analyzer
from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer
from genesys_sentiment.cli.codes import FINE
from genesys_sentiment.cli.lines import flowing, for_people, printable
from genesys_sentiment.cli.options import add_json
from genesys_sentiment.cli.printer import Printer
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.export import Exported, encode
from genesys_sentiment.scoring.language import primary_subtag

_DESCRIPTION = """\
Reads lines from standard input, a language, a tab and a text, and shows for each line what the
embedded analyzer says of it: one line of output for one of input, in order, whatever it holds.
The language is a tag as Genesys Cloud writes them (en, en-US, pt_BR): de, en, es, fr or pt.
No network, no credentials.
"""
_EPILOG = """\
examples:
  printf 'en-US\\tyou charged me twice\\n' | genesys-sentiment analyze
  cut -f2,5 export.tsv | genesys-sentiment analyze --json | jq -r .label | sort | uniq -c

a line of output has:
  label, polarity (-1 to 1), confidence, emotion ("neutral" where there is none),
  emotionConfidence, evidence (concept:word, strongest first); and where a line cannot be analysed
  its reason, with the label neutral and the confidence 0: not_utf8, no_tab, empty,
  language_missing, language_unsupported, no_words

exit codes:
  0    every line was answered, with a reason or without; also when ended by a closed pipe
  1    the output could not be written, or the analyzer's own files are damaged
  2    standard input cannot be read
  130  ended by Ctrl-C or SIGTERM before the end of the input
"""
LIMIT: Final = 1 << 20
"""Bytes of a line that are kept: many times what the analyzer reads of a text. The rest goes."""
_WHOLE: Final = LIMIT - 4  # a mark or a carriage return may have been taken off
_CHUNK: Final = 1 << 16
_DIGITS: Final = 4
_MARK: Final = b"\xef\xbb\xbf"  # what some programs for Windows begin a file with


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "analyze",
        help="judge texts from standard input",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_json(parser)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Run the command; its exit code. Raises ConfigurationError where nothing can be read."""
    if sys.stdin is None:
        raise ConfigurationError("standard input is closed: there is nothing to read")
    descriptor = sys.stdin.fileno()
    analyzer = EmbeddedAnalyzer()
    show = _for_people if for_people(json=options.json) else encode

    async def answer(printer: Printer) -> int:
        lines = Lines()
        over = False
        while not over:
            chunk = await _read(descriptor)
            over = not chunk
            found = lines.end() if over else lines.feed(chunk)
            if found:
                # Together: what came together need not leave one by one.
                printer.put(b"\n".join([show(judge(line, analyzer)) for line in found]))
            await printer.room()
        return FINE

    return await flowing(answer)


class Lines:
    """Bytes as they come, in; whole lines without their ends, out. Only a line feed ends a line."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._first = True

    def feed(self, chunk: bytes) -> Sequence[bytes]:
        """The lines that have ended, each cut to ``LIMIT`` bytes."""
        head, *rest = chunk.split(b"\n")
        self._held += head[: LIMIT - len(self._held)]
        if not rest:
            return ()
        found = [bytes(self._held), *rest[:-1]]
        self._held[:] = rest[-1]
        return self._tidied(found)

    def end(self) -> Sequence[bytes]:
        """The last line, where it has no end of its own."""
        return self._tidied([bytes(self._held)]) if self._held else ()

    def _tidied(self, lines: list[bytes]) -> Sequence[bytes]:
        if self._first:
            self._first = False
            lines[0] = lines[0].removeprefix(_MARK)
        return [line.removesuffix(b"\r") for line in lines]


def judge(line: bytes, analyzer: Analyzer) -> Exported:
    """What the analyzer says of one line, or the first reason why it says nothing."""
    try:
        # A line that was cut may have been cut within a character.
        said, _ = codecs.utf_8_decode(line, "strict", len(line) < _WHOLE)
    except UnicodeDecodeError:
        return _silent("not_utf8")
    tag, tab, text = said.partition("\t")
    if not said or said.isspace():
        return _silent("empty")
    if not tab:
        return _silent("no_tab")
    if not text or text.isspace():
        return _silent("empty")
    language = primary_subtag(tag)
    if language not in analyzer.languages:
        return _silent("language_unsupported" if language else "language_missing")
    found = analyzer(text, language)
    if found.words == 0:
        return _silent("no_words")
    return {
        "label": found.label,
        "polarity": round(found.polarity, _DIGITS) + 0.0,  # no -0.0
        "confidence": round(found.confidence, _DIGITS),
        "emotion": found.emotion or "neutral",
        "emotionConfidence": round(found.emotion_confidence, _DIGITS),
        "evidence": list(found.evidence),
    }


def _silent(reason: str) -> Exported:
    return {
        "label": "neutral",
        "polarity": 0.0,
        "confidence": 0.0,
        "emotion": "neutral",
        "emotionConfidence": 0.0,
        "evidence": [],
        "reason": reason,
    }


def _for_people(found: Exported) -> bytes:
    if "reason" in found:
        return f"-         {found['reason']}".encode()
    figures = f"{found['polarity']:+.2f}  {found['confidence']:.2f}"
    emotion = f"{found['emotion']:<9} {found['emotionConfidence']:.2f}"
    evidence = found["evidence"]
    words = ", ".join(evidence) if isinstance(evidence, list) else ""
    return printable(f"{found['label']:<8}  {figures}  {emotion}  {words}".rstrip()).encode()


async def _read(descriptor: int) -> bytes:
    """What has come, at most 64 kB; nothing at the end. Raises ConfigurationError."""
    loop = asyncio.get_running_loop()
    came: asyncio.Future[bytes | OSError] = loop.create_future()

    def settle(found: bytes | OSError) -> None:
        if not came.done():
            came.set_result(found)

    # A daemon, as nothing ends a read: if nobody writes, our end does not wait for it.
    reading = (descriptor, loop, settle)
    threading.Thread(target=_fetch, args=reading, name="genesys-input", daemon=True).start()
    found = await came
    if isinstance(found, OSError):
        raise ConfigurationError(f"standard input: {found.strerror}")
    return found


def _fetch(
    descriptor: int,
    loop: asyncio.AbstractEventLoop,
    settle: Callable[[bytes | OSError], None],
) -> None:
    found: bytes | OSError
    try:
        while True:
            try:
                found = os.read(descriptor, _CHUNK)
                break
            except BlockingIOError:  # somebody who shares the pipe made it non-blocking
                select.select((descriptor,), (), ())
    except OSError as error:
        found = error
    with suppress(RuntimeError):  # a closed loop: nobody waits any more
        loop.call_soon_threadsafe(settle, found)
