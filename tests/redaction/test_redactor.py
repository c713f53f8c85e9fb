"""What must not leave does not, however it is written, spoken or split (C5-32)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.redaction.numbers import is_card
from genesys_sentiment.redaction.redactor import MOST_SPEAKERS, PatternRedactor

KEY = b"sixteen bytes or more"
WORDS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "es": ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
    "fr": ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"],
    "de": ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"],
    "pt": ["zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove"],
}
_MARKS = st.text(st.sampled_from(" -.,/_()·•\u00a0\t"), max_size=5)


def redact(text: str, redactor: PatternRedactor | None = None) -> str:
    return (redactor or PatternRedactor(KEY)).redact(text, conversation=None, participant=None)


@st.composite
def cards(draw: st.DrawFn) -> str:
    """Any 13 to 19 digits that end in their check digit."""
    digits = draw(st.text("0123456789", min_size=12, max_size=18))
    return next(digits + last for last in "0123456789" if is_card(digits + last))


def digits_of(text: str) -> str:
    return "".join(each for each in re.sub(r"\[\w+:[a-p]{8}\]", "", text) if each.isdecimal())


@given(cards(), st.data())
def test_a_card_number_disappears_with_any_marks_in_it(card: str, data: st.DataObject) -> None:
    written = card[0] + "".join(data.draw(_MARKS) + digit for digit in card[1:])
    found = redact(f"number: {written} yes")
    assert digits_of(found) == ""
    assert "[card:" in found


@given(cards(), st.sampled_from(sorted(WORDS)))
def test_a_card_number_disappears_spoken_digit_by_digit(card: str, language: str) -> None:
    spoken = " ".join(WORDS[language][int(digit)] for digit in card)
    assert re.fullmatch(r"\[card:[a-p]{8}\]", redact(spoken))


@given(cards(), st.data())
def test_of_a_card_number_over_two_utterances_at_most_six_digits_stay(
    card: str, data: st.DataObject
) -> None:
    """PCI DSS allows the first six or the last four to be seen, not both ends of the middle."""
    cut = data.draw(st.integers(1, len(card) - 1))
    redactor = PatternRedactor(KEY)
    first, other, second = (
        redactor.redact(text, conversation="c", participant=who)
        for text, who in (
            (f"my card number is {card[:cut]}", "customer"),
            ("go on", "agent"),
            (f"and {card[cut:]}", "customer"),
        )
    )
    assert len(digits_of(first)) <= 6
    assert digits_of(second) == ""
    assert other == "go on"


def test_groups_of_four_are_followed_through_short_remarks() -> None:
    redactor = PatternRedactor(KEY)
    said = [
        "my card is 4111",
        "hold on",
        "1111",
        "then 1111",
        "1111 it is",
        "see you again some day in 2024",
    ]
    left = [redactor.redact(each, conversation="c", participant="customer") for each in said]
    assert [digits_of(each) for each in left] == ["4111", "", "", "", "", "2024"]
    assert left[4] == redact("4111111111111111 it is")


def test_another_speaker_and_another_conversation_do_not_go_on() -> None:
    redactor = PatternRedactor(KEY)
    redactor.redact("it is 12345", conversation="c", participant="customer")
    for conversation, speaker in (("c", "agent"), ("d", "customer")):
        found = redactor.redact("678", conversation=conversation, participant=speaker)
        assert found == "678"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("john.smith+calls@example.co.uk", "email"),
        ("john dot smith at example dot com", "email"),
        ("DE89 3704 0044 0532 0130 00", "iban"),
        ("gb82west12345698765432", "iban"),
        ("+49 30 1234567", "phone"),
        ("(415) 555-2671", "phone"),
        ("0049 30 1234567", "phone"),
        ("12345678", "number"),
        ("１２３４５６７８", "number"),
        ("double four triple one forty two zweiundvierzig", "number"),
        ("soixante-quinze quarante-deux onze douze", "number"),
    ],
)
def test_each_kind_is_named_and_nothing_else_is_touched(text: str, kind: str) -> None:
    found = redact(f"please note, {text}, thank you")
    assert re.search(rf"\[{kind}:[a-p]{{8}}\]", found)
    assert found.startswith("please note, ")
    assert found.endswith(", thank you")
    assert digits_of(found) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one of the two or three people",
        "we met on 2026-11-20 19:30:00 and on 20.11.2026",
        "at 10:30, room 1234, for 99.50",
        "order AB-1234",
        "i said no at once",
    ],
)
def test_what_is_no_personal_data_stays(text: str) -> None:
    assert redact(text) == text


def test_a_card_that_looks_like_a_moment_is_a_card() -> None:
    card = next(digits for last in "0123456789" if is_card(digits := "2012121212121" + last))
    written = f"{card[:4]}-{card[4:6]}-{card[6:8]} {card[8:10]}:{card[10:12]}:{card[12:]}"
    assert redact(written).startswith("[card:")


@given(st.text(max_size=200))
def test_twice_is_the_same_as_once(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


def test_the_same_content_keeps_its_pseudonym_and_the_key_decides_it() -> None:
    one, same = redact("4111 1111 1111 1111"), redact("4111-1111-1111-1111")
    assert one == same
    assert one != redact("5500 0000 0000 0004")
    assert one != redact("4111 1111 1111 1111", PatternRedactor(b"another key of sixteen"))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="16 bytes"):
        PatternRedactor(b"short")


def test_speakers_are_remembered_up_to_a_bound() -> None:
    redactor = PatternRedactor(KEY)
    for index in range(MOST_SPEAKERS + 1):
        redactor.redact("it is 12345", conversation=str(index), participant=None)
    assert redactor.redact("678", conversation="0", participant=None) == "678"
    assert redactor.redact("678", conversation="2", participant=None) != "678"


@pytest.mark.parametrize("text", ["1" * 65_536, "a@" * 32_768, "one " * 16_384])
def test_of_a_huge_text_nothing_is_left_either(text: str) -> None:
    """Linear: this ends in well under a second, where a quadratic search takes minutes."""
    found = redact(text)
    assert digits_of(found) == ""
    assert "one" not in found


def test_what_begins_like_an_account_everywhere_is_none() -> None:
    text = "DE89" * 16_384
    assert redact(text) == text
