"""Lines of JSON in a file."""

from __future__ import annotations

import json
from pathlib import Path

from genesys_sentiment.model.entries import Sink
from genesys_sentiment.sinks.file import FileSink
from tests.model.test_export import SCORE
from tests.sinks.entries import entry_of


async def test_every_record_is_a_line_and_a_torn_one_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b'{"whole":1}\n{"torn":')
    sink = FileSink(path)
    assert isinstance(sink, Sink)
    await sink.send([entry_of(SCORE), entry_of(SCORE)])
    await sink.send([entry_of(SCORE)])
    await sink.close()
    await sink.close()
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [each.get("id") for each in found] == [None, SCORE.id, SCORE.id, SCORE.id]


async def test_it_opens_again_after_it_was_closed(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "records.jsonl")
    for _ in range(2):
        await sink.send([entry_of(SCORE)])
        await sink.close()
    assert (tmp_path / "records.jsonl").read_bytes().count(b"\n") == 2
