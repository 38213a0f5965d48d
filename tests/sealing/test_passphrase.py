"""What is typed on two keyboards becomes the same bytes, and what cannot be typed is refused."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.sealing import Secret
from etui.sealing.passphrase import MAX_CHARACTERS, PassphraseTextError, prepared, prepared_new

TYPED = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), min_size=1, max_size=60)


def _prepared(text: str) -> str:
    return prepared(Secret.from_text(text)).reveal_text()


@pytest.mark.parametrize(
    ("typed", "stands_for"),
    [
        # RFC 8265, section 4.3, the legal examples; the others are refused below
        ("correct horse battery staple", "correct horse battery staple"),
        ("Correct Horse Battery Staple", "Correct Horse Battery Staple"),
        ("\u03c0\u00df\u00e5", "\u03c0\u00df\u00e5"),
        ("Jack of \u2666s", "Jack of \u2666s"),
        ("foo\u1680bar", "foo bar"),
        # composed and decomposed, as two keyboards type it
        ("Scho\u0308ne Gru\u0308\u00dfe", "Sch\u00f6ne Gr\u00fc\u00dfe"),
        # width and compatibility characters stay (section 4.2.2, rule 1; NFC, not NFKC)
        ("\uff30\uff37 \ufb01", "\uff30\uff37 \ufb01"),
        (" two  spaces ", " two  spaces "),
    ],
)
def test_a_passphrase_is_prepared_as_an_opaque_string(typed: str, stands_for: str) -> None:
    assert _prepared(typed) == stands_for


@pytest.mark.parametrize("typed", ["", "my cat is a \tby", "line\n", "\x00", "\x7f", "\ue000", "\uffff", "\u0378"])
def test_what_is_no_passphrase_is_refused(typed: str) -> None:
    with pytest.raises(PassphraseTextError):
        _prepared(typed)


def test_bytes_that_are_no_text_are_refused_without_being_shown() -> None:
    with pytest.raises(PassphraseTextError) as caught:
        prepared(Secret(b"hunter2\xff"))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_passphrase_has_a_greatest_length() -> None:
    assert len(_prepared("x" * MAX_CHARACTERS)) == MAX_CHARACTERS
    with pytest.raises(PassphraseTextError, match="longer"):
        _prepared("x" * (MAX_CHARACTERS + 1))


@given(TYPED)
def test_preparing_twice_changes_nothing(typed: str) -> None:
    once = _prepared(typed)
    assert _prepared(once) == once


@given(TYPED)
def test_composed_and_decomposed_spellings_are_one_passphrase(typed: str) -> None:
    assert _prepared(unicodedata.normalize("NFD", typed)) == _prepared(unicodedata.normalize("NFC", typed))


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_prepared_or_refused(value: bytes) -> None:
    try:
        assert len(prepared(Secret(value)))
    except PassphraseTextError:
        return


@pytest.mark.parametrize("text", ["1234", "123456", "fourteen chars", "e\u0301" * 14])
def test_a_pin_or_a_short_word_is_no_new_passphrase(text: str) -> None:
    assert prepared(Secret.from_text(text))
    with pytest.raises(PassphraseTextError, match="at least 15"):
        prepared_new(Secret.from_text(text))


def test_fifteen_characters_of_any_kind_are_enough() -> None:
    assert prepared_new(Secret(b"fifteen  chars.")) == Secret(b"fifteen  chars.")
