"""Text of others: what is seen is what is there."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.trusted.dialog.twins_source import source

from etui.trusted.dialog import twins
from etui.trusted.dialog.text import (
    LINE_BREAK_MARK,
    MARK,
    TAB_MARK,
    first_unseen,
    looks_alike,
    runs_both_ways,
    single_line,
    whole_text,
)

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
INVISIBLE = "\u200b\u2060\ufeff\u00ad\u180e\u034f\u3164\u115f\U000e0041\u2800\ufff9"


@pytest.mark.parametrize("character", [*BIDI, *INVISIBLE])
def test_an_invisible_character_becomes_a_visible_mark(character: str) -> None:
    assert single_line(f"a{character}b").text == f"a{MARK}b"


def test_escape_sequences_lose_their_escape() -> None:
    assert "\x1b" not in whole_text("\x1b]0;title\x07\x1b[31mred").text
    assert "\x9b" not in whole_text("\x9b31m").text


def test_line_breaks_are_marks_in_a_single_line_and_stay_in_a_text() -> None:
    assert single_line("a\r\nb\rc\td").text == f"a{LINE_BREAK_MARK}b{LINE_BREAK_MARK}c{TAB_MARK}d"
    assert whole_text("a\r\nb\rc").text == "a\nb\nc"


def test_a_note_that_is_drawn_as_nothing_is_a_mark() -> None:
    assert single_line("a\U0001d159b").text == f"a{MARK}b"
    assert first_unseen("a\U0001d159b", has_lines=True) is not None


def test_the_table_of_look_alikes_is_what_is_published() -> None:
    assert Path(twins.__file__).read_text(encoding="utf-8") == source()


def test_other_line_separators_are_marks_everywhere() -> None:
    assert whole_text("a\u2028b\u2029c\x0bd").text == f"a{MARK}b{MARK}c{MARK}d"


def test_strange_spaces_are_plain_spaces() -> None:
    assert single_line("a\u00a0b\u3000c").text == "a b c"


@pytest.mark.attack(17)
def test_markup_stays_what_it_is() -> None:
    assert single_line("<b>x</b> &amp;").text == "<b>x</b> &amp;"


def test_text_is_composed() -> None:
    assert single_line("u\u0308").text == "ü"


def test_emoji_keep_their_joiners() -> None:
    assert single_line("👩‍💻").text == "👩‍💻"
    assert single_line("❤️").text == "❤️"
    assert MARK in single_line("a\u200db").text


def test_stacked_marks_do_not_paint_over_other_lines() -> None:
    shown = single_line("a" + "\u0335" * 40).text
    assert shown.count("\u0335") == 4
    assert shown.count(MARK) == 36


@pytest.mark.attack(88)
@pytest.mark.parametrize("mark", ["\N{THAI CHARACTER MAITAIKHU}", "\N{COMBINING ENCLOSING CIRCLE BACKSLASH}"])
def test_marks_of_no_combining_class_do_not_either(mark: str) -> None:
    shown = single_line("a" + mark * 40).text
    assert shown.count(mark) == 4
    unseen = first_unseen("a" + mark * 5, has_lines=True)
    assert unseen is not None
    assert unseen.index == 5


@pytest.mark.attack(88)
@pytest.mark.parametrize("text", ["\u0336not", "I do \u20e0", "yes\n\u0e47"])
def test_a_mark_on_no_letter_is_not_drawn_on_what_stands_before_it(text: str) -> None:
    unseen = first_unseen(text, has_lines=True)
    assert unseen is not None
    assert unseen.reason == "is a mark on no letter"
    assert MARK in whole_text(text).text


@pytest.mark.attack(17)
@pytest.mark.attack(88)
@pytest.mark.parametrize(
    "text",
    [
        "I pay \N{BENGALI DIGIT FOUR}00 euros",
        "p\u0430ypal",
        "www.\u0430\u0440\u0440\u04cf\u0435.com",
        "\uff30aypal",
        "\N{MATHEMATICAL BOLD SMALL P}ay",
        "\u0421itibank",
        "I pay \u09ea0 EUR.",
        "I pay \u09ea EUR.",
        "\u0663 of 4",
        "I pay 1\u2024000 EUR.",
        "I pay 1\u201a000 EUR.",
        "I pay 1\uff0c000 EUR.",
        "example\u2024org",
        "example.org\u2215pay",
        "\ua4d0\ua4d3 pays.",
        "\u13aa pays.",
        "B\u0131ll pays.",
        "\u2c9e\u2ca4 pays.",
        "\U00010404 pays.",
        "\u0417\u041e pay",
        "I pay 1\u033800 EUR.",
        "I pay 1\u033200 EUR.",
        "Bi\u0335ll",
    ],
)
def test_look_alikes_are_flagged(text: str) -> None:
    assert looks_alike(text)


@pytest.mark.parametrize(
    "text",
    [
        "Bücher Mayer, Graz",
        "Москва",
        "привет world",
        "東京タワー",
        "TシャツXL",
        "한국어",
        "שלום",
        "10 µm",
        "İstanbul",
        "Αθήνα",
        "Ada\u2019s \u201clease\u201d, 2019\u20132020\u2026 1920\u00d71080",
        "\u00a1Hola! \u00bfQu\u00e9? 20 \u00b0C",
        "Kad\u0131k\u00f6y",
        "Sm\u00f8rrebr\u00f8d, \u00c6r\u00f8, \u0141\u00f3d\u017a, Stra\u00dfe, \u00de\u00f3r",
        "\u4ef7\u683c\uff1a100\uff0c\u4e1c\u4eac",
        "\u0663\u0664",
        "Etui\u2122, \u21165, 5\u00a0\u20ac",
        "cafe\u0301",
        "👩\u200d💻 1",
    ],
)
def test_honest_writing_is_not_flagged(text: str) -> None:
    assert not looks_alike(text)


@given(st.text())
def test_what_is_shown_holds_no_control_and_no_invisible_character(text: str) -> None:
    shown = single_line(text).text
    for place, character in enumerate(shown):
        category = unicodedata.category(character)
        assert category not in {"Cc", "Cs", "Zl", "Zp", "Cn", "Co"}
        if category == "Cf":
            assert character == "\u200d"
            assert unicodedata.category(shown[place + 1]) == "So"


@pytest.mark.attack(17)
@given(st.text())
@example("n" * 4000)
def test_nothing_is_cut(text: str) -> None:
    normal = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    assert len(single_line(text).text) == len(normal)


@given(st.text())
def test_safe_text_is_safe_again_unchanged(text: str) -> None:
    once = single_line(text).text
    assert single_line(once).text == once


@pytest.mark.attack(88)
@pytest.mark.parametrize(
    ("text", "index"),
    [
        *((f"ab{character}c", 2) for character in BIDI + INVISIBLE),
        ("a\u00a0b", 1),
        ("a\u3000b", 1),
        ("a\tb", 1),
        ("a\r\nb", 1),
        ("a\x1b[31m", 1),
        ("a\u2028b", 1),
        ("blank \nat its end", 5),
        ("blank ", 5),
        ("u\u0308", 0),
        ("\u212b", 0),  # the sign of a length, which is the letter Å
        ("a" + "\u0335" * 5, 5),
        ("a\u200db", 1),
        ("\U000e0041", 0),
    ],
)
def test_what_nobody_sees_is_found_by_its_place(text: str, index: int) -> None:
    unseen = first_unseen(text, has_lines=True)
    assert unseen is not None
    assert unseen.index == index


def test_a_line_break_is_seen_where_lines_are() -> None:
    assert first_unseen("a\n\nb\n", has_lines=True) is None
    assert first_unseen("a\nb", has_lines=False) is not None
    assert first_unseen("Grüße, 東京, Αθήνα, 👩\u200d💻, “quoted”: 49.90 €", has_lines=False) is None


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_not_found_is_shown_as_it_stands(text: str) -> None:
    if first_unseen(text, has_lines=True) is None:
        assert whole_text(text).text == text
    if first_unseen(text, has_lines=False) is None:
        assert single_line(text).text == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_not_shown_as_it_stands_is_found(text: str) -> None:
    if whole_text(text).text != text:
        assert first_unseen(text, has_lines=True) is not None


@pytest.mark.attack(88)
@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("I pay 100 euros.", False),
        ("\u05e9\u05dc\u05d5\u05dd", False),
        ("I pay 100 \u05d0 200", True),
        ("\u05d0 100", True),
        ("\u0645\u0631\u062d\u0628\u0627 \u0661\u0662", False),
        ("I pay\n\u05e9\u05dc\u05d5\u05dd", False),
    ],
)
def test_lines_that_run_both_ways_are_told_from_others(text: str, both: bool) -> None:  # noqa: FBT001
    assert runs_both_ways(text) == both
