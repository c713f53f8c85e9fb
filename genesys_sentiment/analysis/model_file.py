"""The trained model as a file: a digest, a header in JSON, compressed tables. Pure: no I/O.

No pickle: nothing in the file can be run. ``training`` writes it, ``embedded_analyzer`` reads it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from attrs import frozen

from genesys_sentiment.errors import AnalyzerError

_MAGIC: Final = b"genesys_sentiment model 1\n"
_LARGEST: Final = 8 * 1024 * 1024
"""Bytes of all tables: many times what a model has, and little enough to be read anyway."""


@frozen
class Table:
    """Rows of signed bytes, one after the other; a value times its column's scale is a weight."""

    columns: int
    scales: tuple[float, ...]
    values: memoryview

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.values) // self.columns


@frozen
class ModelFile:
    """What a file holds: ``header`` as it was written, and the tables by name."""

    header: Mapping[str, Any]
    tables: Mapping[str, Table]


def read(data: bytes) -> ModelFile:
    """Check a file and open its tables. Raises AnalyzerError that says what is wrong with it."""
    if not data.startswith(_MAGIC):
        raise AnalyzerError("this is no model of this version; reinstall the package")
    digest, _, body = data[len(_MAGIC) :].partition(b"\n")
    if sha256(body).hexdigest().encode() != digest:
        raise AnalyzerError("the model is damaged: its digest is another; reinstall the package")
    line, _, packed = body.partition(b"\n")
    try:
        header = json.loads(line)
        shapes = [(each["name"], each["columns"], each["scales"]) for each in header["tables"]]
        sizes = [each["rows"] * each["columns"] for each in header["tables"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise AnalyzerError("the model's header is damaged; reinstall the package") from None
    unpacking = zlib.decompressobj()
    try:
        payload = unpacking.decompress(packed, _LARGEST)
    except zlib.error:
        raise AnalyzerError("the model's tables are damaged; reinstall the package") from None
    if sum(sizes) != len(payload) or any(len(each[2]) != each[1] for each in shapes):
        raise AnalyzerError("the model's tables are of another size; reinstall the package")
    values = memoryview(payload).cast("b")
    tables: dict[str, Table] = {}
    start = 0
    for (name, columns, scales), size in zip(shapes, sizes, strict=True):
        tables[name] = Table(columns, tuple(scales), values[start : start + size])
        start += size
    return ModelFile(header, tables)


def write(header: Mapping[str, Any], tables: Sequence[tuple[str, Sequence[float], bytes]]) -> bytes:
    """A file of ``header`` and tables: name, a scale for each column, signed bytes row by row."""
    packed = zlib.compress(b"".join(values for _, _, values in tables), 9)
    shapes = [
        {
            "name": name,
            "rows": len(values) // len(scales),
            "columns": len(scales),
            "scales": list(scales),
        }
        for name, scales, values in tables
    ]
    whole = {**header, "tables": shapes}
    body = json.dumps(whole, sort_keys=True).encode() + b"\n" + packed
    return _MAGIC + sha256(body).hexdigest().encode() + b"\n" + body
