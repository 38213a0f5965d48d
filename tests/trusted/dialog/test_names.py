"""A nasty name wherever a question has room for one: whole, plain and harmless on both faces of the dialog."""

from __future__ import annotations

import re

import pytest
from PySide6.QtWidgets import QLabel
from tests.names import NAMES
from tests.trusted.dialog.hands import Hands
from tests.trusted.dialog.questions import DIGEST, REMEMBER
from tests.trusted.dialog.test_terminal import form_of
from tests.trusted.dialog.test_window_told import everything_told

from etui.sealing import Secret
from etui.trusted.dialog.requests import Asker, Choice, Confirm, Frame, Reveal, ShownField, Strength
from etui.trusted.dialog.terminal.rows import cells
from etui.trusted.dialog.terminal.screen import Sight, body_rows, compose
from etui.trusted.dialog.text import looks_alike, single_line, whole_text

_WIDTH = 80
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2028\u2029\u2060\u2066-\u2069\u3164\ufeff]")


def question(name: str) -> Confirm:
    """One that bears the name in each of its places."""
    asker = Asker(
        name=name,
        principal=f"app:/tmp/{name}",
        strength=Strength.OBSERVED,
        sentence=f"A program: {name}.",
        through=(name,),
    )
    return Confirm(
        asker=asker,
        action=f"read “{name}”",
        digest=DIGEST,
        fields=(ShownField(title="Item", value=name, material=True),),
        items=(Choice(id="1", label=name, detail=f"Login · {name}: {name}"),),
        advice=(name,),
        remember=REMEMBER,
        frame=Frame(extension=f"ext:{name}", name=name, publisher=name),
    )


def bare(text: str) -> str:
    """Without what a face may put between two letters: breaks of its own lines, and margins."""
    return re.sub(r"\s+", "", text)


@pytest.mark.attack(17)
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_the_window_shows_it_whole_as_plain_text_and_flags_what_deceives(hands: Hands, name: str) -> None:
    hands.show(question(name))
    told = everything_told(hands.window)
    assert bare(told).count(bare(single_line(name).text)) >= 6
    assert not _UNSAFE.search(told)
    for label in hands.window.findChildren(QLabel):
        assert "<b>" not in label.text() or label.textFormat().name == "PlainText"
    assert ("Look-alikes:" in told) is looks_alike(name)


@pytest.mark.attack(17)
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_the_terminal_shows_it_whole_as_plain_text_and_flags_what_deceives(name: str) -> None:
    form = form_of(question(name))
    rows = [row.text for row in body_rows(form, _WIDTH)]
    shown = bare("".join(rows))
    whole = {bare(single_line(name).text), bare(whole_text(name).text)}
    assert sum(shown.count(text) for text in whole) >= 4
    assert not any(_UNSAFE.search(row) for row in rows)
    screen = compose(form, Sight(width=_WIDTH, height=24, now=0.0, offset=0))
    assert not any(_UNSAFE.search(row.text) for row in screen.rows)
    assert all(cells(row.text) <= _WIDTH for row in screen.rows)
    assert ("Look-alikes:" in "".join(rows)) is looks_alike(name)


@pytest.mark.attack(17)
@pytest.mark.parametrize("name", [*NAMES.values(), "n" * 1000], ids=[*NAMES, "as long as a label may be"])
def test_a_secret_is_shown_under_the_whole_name_of_its_item(hands: Hands, name: str) -> None:
    sealed = hands.sealed("hunter2", "dialog/1.reveal.secret")
    request = Reveal(frame=Frame(extension="ext:e", name="E", publisher="e"), title=name, sealed=sealed)
    hands.show(request)
    assert bare(single_line(name).text) in bare(everything_told(hands.window))
    rows = body_rows(form_of(request, shown=Secret(b"hunter2")), _WIDTH)
    assert bare(single_line(name).text) in bare("".join(row.text for row in rows))
