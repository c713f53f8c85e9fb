"""The oracle of the crash loop sees what it is there for."""

from __future__ import annotations

from tests.crash.books import judge, read_ledger

LEDGER = read_ledger(
    "start\t\n"
    "given\tscore\tc\ta1\ngiven\tscore\tc\ta2\ngiven\tgap\t\tg\ngiven\tscore\td\tb1\n"
    "safe\ta1\nsafe\ta2\nsafe\tg\n"
    "start\tthe file was damaged\n"
)


def test_what_is_right_is_no_problem() -> None:
    """An entry that was given and not acknowledged may come or not; a batch may come twice."""
    verdict = judge(LEDGER, [["g", "a1", "b1"], ["a1", "b1", "a2"]])
    assert verdict.problems(2) == ()
    assert (verdict.twice, verdict.kept) == ((0, 2), 1)
    assert judge(LEDGER, [["a1", "a2"]], kinds={"score"}).problems(0) == ()
    assert LEDGER.starts == ["", "the file was damaged"]


def test_what_was_given_twice_must_come_twice() -> None:
    ledger = read_ledger("given\tstateChange\tc\ts\nsafe\ts\n" * 2)
    assert judge(ledger, [["s"], ["s"]]).problems(0) == ()
    assert judge(ledger, [["s"]]).problems(0) == ("lost s",)


def test_what_is_wrong_is_named() -> None:
    assert judge(LEDGER, [["a1"], ["a2"]]).problems(9) == ("lost g",)
    assert judge(LEDGER, [["a2", "g", "a1"]]).problems(9) == ("out of order a1",)
    assert judge(LEDGER, [["a1", "a2", "g"], ["a1", "a2"]]).problems(1) == ("run 1: 2 came twice",)
    assert judge(LEDGER, [["a1", "a2", "g", "x"]]).problems(0) == ("never given x",)
    assert judge(LEDGER, [["a1", "a2", "g"]], kinds={"score"}).problems(0) == ("never given g",)
