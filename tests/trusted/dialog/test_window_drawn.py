"""What the window shows: every word of it, in any size, on grounds on which it can be read."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import msgspec
import pytest
from pictures.samples import samples
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget
from tests.trusted.dialog.hands import LOOKS, Hands, settle
from tests.trusted.dialog.questions import ASKER, CHOOSE, CONFIRM, DIGEST, FRAME, LONG_TEXT, READ, REMEMBER

from etui.protocol import decode_message
from etui.trusted.dialog.events import Approve
from etui.trusted.dialog.front import CreateStep
from etui.trusted.dialog.looks import COLOURS, contrast, text_on
from etui.trusted.dialog.qt.approve import ApproveButton
from etui.trusted.dialog.qt.body_scroll import BodyScroll
from etui.trusted.dialog.qt.choice_list import ChoiceRow
from etui.trusted.dialog.qt.text_block import TextBlock
from etui.trusted.dialog.qt.theme import DARK, HIGH_DARK, HIGH_LIGHT, LIGHT, Theme, em, style_sheet, theme_of
from etui.trusted.dialog.qt.typed_field import TypedField
from etui.trusted.dialog.requests import (
    Approved,
    AskSecret,
    Confirm,
    Create,
    Effect,
    Message,
    ShownField,
    ShowRecovery,
    Unlock,
)

SIZES = (7.0, 8.0, 9.0)
"""Of text, in points, that a desktop has by default, or smaller."""


def labels(window: QWidget) -> list[str]:
    return [label.text() for label in window.findChildren(QLabel)]


def test_the_wallets_own_faces_bear_the_phrase_and_an_extensions_face_does_not(hands: Hands) -> None:
    hands.dress()
    hands.show(CONFIRM)
    assert any("copper lantern orchard" in text for text in labels(hands.window))
    hands.press(Qt.Key.Key_Escape)
    for request in (
        CHOOSE,
        AskSecret(frame=FRAME, title="PIN", key=hands.key.public),
        READ,
        Message(title="Hello", text="x", frame=FRAME),
    ):
        hands.show(request)
        shown = labels(hands.window)
        assert not any("copper lantern orchard" in text for text in shown)
        assert "Alpbank Cards" in shown
        hands.press(Qt.Key.Key_Escape)


def test_every_label_shows_plain_text(hands: Hands) -> None:
    for sample in samples(hands.sealed):
        hands.show(sample.request)
        for label in hands.window.findChildren(QLabel):
            assert label.textFormat() is Qt.TextFormat.PlainText
        hands.press(Qt.Key.Key_Escape)


@pytest.mark.usefixtures("application")
def test_a_test_profile_says_so_on_every_face() -> None:
    hands = Hands(is_test_profile=True)
    for request in (CONFIRM, CHOOSE, Unlock(key=hands.key.public)):
        hands.show(request)
        assert any(text.startswith("Test profile") for text in labels(hands.window))
        hands.press(Qt.Key.Key_Escape)


@pytest.fixture
def text_size(application: QApplication) -> Iterator[Callable[[float], None]]:
    """Sets the size of the user's font, in points."""
    before = QFont(application.font())

    def use(points: float) -> None:
        font = QFont(before)
        font.setPointSizeF(points)
        application.setFont(font)

    yield use
    application.setFont(before)


@pytest.fixture
def desktop(application: QApplication) -> Iterator[Callable[[str, str], None]]:
    """Sets the desktop's colours: of windows, and of text on them."""
    before = application.palette()

    def use(ground: str, text: str) -> None:
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Window, QColor(ground))
        palette.setColor(QPalette.ColorRole.WindowText, QColor(text))
        application.setPalette(palette)

    yield use
    application.setPalette(before)


def assert_whole(window: QWidget, name: str) -> None:
    """Every text has the room that it takes, and every button that of its label."""
    for block in window.findChildren(TextBlock):
        if block.isVisible() and block.text():
            assert block.height() >= block.heightForWidth(block.width()), (name, block.text())
            around = block.parentWidget()
            assert around is not None
            assert block.x() >= 0
            assert block.x() + block.width() <= around.width(), (name, block.text())
    kinds: tuple[type[QWidget], ...] = (QPushButton, QToolButton, ApproveButton)
    for button in itertools.chain.from_iterable(map(window.findChildren, kinds)):
        if button.isVisible():
            around = button.parentWidget()
            assert around is not None
            label = button.label if isinstance(button, ApproveButton) else button.property("text")
            assert button.width() >= button.fontMetrics().horizontalAdvance(label), (name, label)
            assert around.rect().contains(button.geometry()), (name, label)


@pytest.mark.parametrize("points", [8.0, 10.0, 24.0])
def test_nothing_is_cut_off_at_any_size_of_text(
    hands: Hands, text_size: Callable[[float], None], points: float
) -> None:
    text_size(points)
    for sample in samples(hands.sealed):
        hands.show(sample.request)
        assert_whole(hands.window, sample.name)
        narrow = em(QApplication.font()) * 14  # a phone with large text
        hands.window.setMinimumSize(narrow, 0)
        hands.window.resize(narrow, hands.window.height())
        settle()
        assert_whole(hands.window, sample.name)
        hands.press(Qt.Key.Key_Escape)


def test_a_face_that_fits_the_screen_does_not_scroll(hands: Hands, text_size: Callable[[float], None]) -> None:
    for points in SIZES:
        text_size(points)
        for sample in samples(hands.sealed):
            if sample.name in {"consent-long", "sign-text", "route", "page-mandate"}:
                continue  # longer than the screen
            if sample.name in {"pay", "page-pay"} and points == max(SIZES):
                continue  # as above
            hands.show(sample.request)
            scroll = hands.window.findChild(BodyScroll)
            assert isinstance(scroll, BodyScroll)
            assert not scroll.scrolls, (sample.name, points)
            hands.press(Qt.Key.Key_Escape)


@pytest.mark.parametrize("points", SIZES)
def test_no_step_of_a_first_run_scrolls_where_all_fit(
    hands: Hands, text_size: Callable[[float], None], points: float
) -> None:
    text_size(points)
    hands.show(Create(key=hands.key.public))
    height = hands.window.height()
    scroll = hands.window.findChild(BodyScroll)
    assert isinstance(scroll, BodyScroll)
    for step in CreateStep:
        assert hands.step() == step
        assert not scroll.scrolls, step
        maker = hands.window.maker
        assert maker is not None
        maker.repeat.put(maker.chosen.reveal_text())
        hands.desk.report(Approve())
        settle()
    assert hands.window.height() == height


def test_consent_that_does_not_fit_begins_at_its_text_and_not_in_the_field_below_it(hands: Hands) -> None:
    long = ShownField(title="Terms", value=LONG_TEXT)
    for fields, kind in (((), TypedField), ((long,), BodyScroll)):
        hands.show(Confirm(asker=ASKER, action="pay", digest=DIGEST, fields=fields, key=hands.key.public))
        assert isinstance(hands.focused, kind)
        hands.press(Qt.Key.Key_Escape)


def test_a_field_to_type_in_is_in_sight_on_the_lowest_window(hands: Hands, text_size: Callable[[float], None]) -> None:
    text_size(24.0)
    hands.show(AskSecret(frame=FRAME, title="PIN of the card " * 9, key=hands.key.public, text="Your card. " * 30))
    hands.window.resize(hands.window.minimumSize())
    settle()
    field = hands.focused
    assert isinstance(field, TypedField)
    assert field.visibleRegion().boundingRect().height() >= field.height() - 1


def test_one_answer_to_how_long_is_told_and_not_put_to_the_choice(hands: Hands) -> None:
    only = REMEMBER[:1]
    for effect, told in ((Effect.PASSES, True), (Effect.WIDENS, False), (Effect.DESTROYS, False)):
        hands.show(Confirm(asker=ASKER, action="x", digest=DIGEST, remember=only, effect=effect))
        assert hands.window.findChildren(ChoiceRow) == []
        assert ("For how long: Just this once" in labels(hands.window)) is told
        hands.press(Qt.Key.Key_Escape)


def test_a_word_without_spaces_is_wrapped_and_not_cut(hands: Hands) -> None:
    long = "/home/mira/" + "x" * 600
    hands.show(Confirm(asker=ASKER, action="read", digest=DIGEST, fields=(ShownField(title="Path", value=long),)))
    block = next(one for one in hands.window.findChildren(TextBlock) if one.text() == long)
    assert block.width() <= hands.window.width()
    assert block.height() > 5 * block.fontMetrics().height()


@pytest.mark.parametrize(("theme", "least"), [(LIGHT, 4.5), (DARK, 4.5), (HIGH_LIGHT, 7.0), (HIGH_DARK, 7.0)])
def test_text_and_ground_differ_enough(theme: Theme, least: float) -> None:
    for text, ground in (
        (theme.text, theme.ground),
        (theme.text, theme.card),
        (theme.text, theme.idle),
        (theme.muted, theme.idle),
        (theme.accent, theme.ground),
        (theme.accent, theme.card),
        (theme.text, theme.advice_ground),
        (theme.muted, theme.ground),
        (theme.muted, theme.card),
        (theme.on_accent, theme.accent),
        (theme.caution, theme.caution_ground),
        (theme.caution, theme.card),
        (theme.caution, theme.ground),
    ):
        assert contrast(text, ground) >= least, (text, ground)
    for ring in (theme.accent, theme.muted):
        assert contrast(ring, theme.card) >= 3.0


@pytest.mark.parametrize("colour", [*COLOURS, "#000000", "#ffffff", "#808080", "#ff0000", "#00ff00", "#777777"])
def test_the_phrase_reads_on_every_colour(colour: str) -> None:
    assert contrast(text_on(colour), colour) >= 4.5


@pytest.mark.parametrize(
    ("ground", "text", "theme"),
    [
        ("#efefef", "#000000", LIGHT),
        ("#202020", "#eeeeee", DARK),
        ("#ffffff", "#000000", HIGH_LIGHT),
        ("#000000", "#ffffff", HIGH_DARK),
    ],
)
def test_the_theme_follows_the_desktop(
    hands: Hands, desktop: Callable[[str, str], None], ground: str, text: str, theme: Theme
) -> None:
    desktop(ground, text)
    hands.show(CONFIRM)
    assert hands.window.styleSheet() == style_sheet(theme, em(QApplication.font()))


def test_the_desktops_wish_for_contrast_is_granted_on_any_palette() -> None:
    assert theme_of(QPalette(QColor("#efefef")), wants_contrast=True) is HIGH_LIGHT
    assert theme_of(QPalette(QColor("#202020")), wants_contrast=True) is HIGH_DARK


def test_a_broken_logo_is_a_letter_and_a_broken_picture_a_drawing(hands: Hands) -> None:
    line = msgspec.json.encode(msgspec.structs.replace(LOOKS, picture="../../etc/passwd", image=b"no png"))
    hands.desk.receive(decode_message(b'{"jsonrpc":"2.0","method":"dialog.appearance","params":%b}' % line))
    hands.show(Message(title="x", text="y"))
    assert not hands.window.grab().isNull()
    hands.press(Qt.Key.Key_Escape)
    hands.show(Message(title="x", text="y", frame=msgspec.structs.replace(FRAME, logo=b"\x89PNG no")))
    assert not hands.window.grab().isNull()


def test_the_group_of_the_recovery_key_must_be_typed(hands: Hands) -> None:
    key = "AAAAA-AAAAA-AAAAA-AAAAA"
    hands.show(ShowRecovery(sealed=hands.sealed(key, "vault.recovery")))
    hands.arm()
    hands.press(Qt.Key.Key_Return)
    assert hands.answer() is None
    hands.type_in("aaaaa")
    hands.press(Qt.Key.Key_Return)
    assert hands.answer() == Approved()
