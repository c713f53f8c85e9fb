"""What was measured, as tables that people and programs read. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from attrs import frozen

Cell: TypeAlias = str | int | float
Row: TypeAlias = dict[str, Cell]


@frozen
class Table:
    """``name`` is for programs; every row has the same columns."""

    name: str
    title: str
    rows: Sequence[Row]
    note: str = ""


def markdown(tables: Sequence[Table], head: str) -> str:
    """A document: ``head``, then a section for each table."""
    return "\n".join([head, *map(_section, tables)])


def numbers(tables: Sequence[Table]) -> dict[str, list[Row]]:
    """The same for JSON, unrounded."""
    return {table.name: list(table.rows) for table in tables}


def _section(table: Table) -> str:
    columns = list(table.rows[0]) if table.rows else []
    lines = [f"## {table.title}", ""]
    if table.note:
        lines += [table.note, ""]
    lines += [_line(columns), _line(["---"] * len(columns))]
    lines += [_line([_shown(row[column]) for column in columns]) for row in table.rows]
    return "\n".join([*lines, ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _shown(cell: Cell) -> str:
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)
