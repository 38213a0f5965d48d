"""What the window offers to other programs of the session, and to a screen reader."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QAccessibleInterface
from PySide6.QtWidgets import QPushButton, QWidget
from tests.trusted.dialog.hands import Hands, settle
from tests.trusted.dialog.questions import ASKER, CHOOSE, CONFIRM, DIGEST, FRAME, REMEMBER, SEVERAL

from etui.trusted.dialog.qt.approve import ApproveButton
from etui.trusted.dialog.qt.typed_field import TypedField
from etui.trusted.dialog.requests import (
    AskSecret,
    ChangeAppearance,
    Confirm,
    Create,
    NewPassphrase,
    Request,
    Reveal,
    ShownField,
    Unlock,
)
from etui.trusted.dialog.wording import SILENCE_WORDS


def every_interface(top: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    yield top
    for place in range(top.childCount()):
        child = top.child(place)
        if child is not None:
            yield from every_interface(child)


def accessible(window: QWidget) -> list[QAccessibleInterface]:
    return list(every_interface(QAccessible.queryAccessibleInterface(window)))


def actions_of(interface: QAccessibleInterface) -> QAccessibleActionInterface | None:
    """What may be done to it from outside; Qt's stub does not know that there may be nothing."""
    return interface.actionInterface()


def everything_told(window: QWidget) -> str:
    kinds = (QAccessible.Text.Name, QAccessible.Text.Description, QAccessible.Text.Value, QAccessible.Text.Help)
    told = [interface.text(kind) for interface in accessible(window) for kind in kinds]
    for interface in accessible(window):
        text = interface.textInterface()
        if text is not None:
            told.append(text.text(0, text.characterCount()))
    return "\n".join(told)


def test_approve_and_the_pin_offer_no_action_and_no_text(hands: Hands) -> None:
    hands.show(AskSecret(frame=FRAME, title="PIN of the card", key=hands.key.public, digits=True))
    hands.type_in("2743")
    guarded: tuple[type[QWidget], ...] = (ApproveButton, TypedField)
    for kind in guarded:
        widgets = hands.window.findChildren(kind)
        assert widgets
        for widget in widgets:
            interface = QAccessible.queryAccessibleInterface(widget)
            assert interface.text(QAccessible.Text.Name)
            assert interface.actionInterface() is None
            assert interface.textInterface() is None
            assert interface.editableTextInterface() is None
            assert interface.valueInterface() is None
            interface.setText(QAccessible.Text.Value, "9999")
    field = hands.window.findChild(TypedField)
    assert isinstance(field, TypedField)
    assert field.secret.reveal_text() == "2743"
    assert "2743" not in everything_told(hands.window)


@pytest.mark.parametrize("request_", [CONFIRM, SEVERAL, CHOOSE, Create(key=bytes(31) + b"\x09"), ChangeAppearance()])
def test_no_action_over_accessibility_changes_what_is_approved(hands: Hands, request_: Request) -> None:
    hands.show(request_)
    hands.arm()
    before = hands.window.front
    for interface in accessible(hands.window):
        actions = actions_of(interface)
        name = interface.text(QAccessible.Text.Name)
        if actions is None or name in {"Refuse", "Not now", "Back", SILENCE_WORDS}:
            continue  # these give nothing away
        for action in actions.actionNames():
            actions.doAction(action)
    settle()
    after = hands.window.front
    assert before is not None
    assert after is not None
    for member in ("remember", "items", "chosen", "looks", "open_session", "step"):
        assert getattr(before, member) == getattr(after, member)
    assert hands.answer() is None


def test_the_screen_reader_gets_everything_that_is_shown(hands: Hands) -> None:
    hands.dress()
    request = Confirm(
        asker=ASKER,
        action="be paid",
        digest=DIGEST,
        fields=(ShownField(title="Amount", value="49.90 EUR", material=True),),
        advice=("150 EUR are left today.",),
        remember=REMEMBER,
        frame=FRAME,
    )
    hands.show(request)
    told = everything_told(hands.window)
    for said in (
        "Thunderbird", "wants to be paid", "Observed", ASKER.sentence, ASKER.principal, "Amount", "49.90 EUR",
        "150 EUR are left today.", "Just this once", "Always", "Alpbank Cards", "Allow", "Refuse", "Not now",
        "Unprotected display", "copper lantern orchard",
    ):  # fmt: skip
        assert said in told


def test_a_shown_secret_is_told_only_when_hands_say_so(hands: Hands) -> None:
    hands.show(Reveal(frame=FRAME, title="Password", sealed=hands.sealed("Waldmeister", "dialog/1.reveal.secret")))
    assert "Waldmeister" not in everything_told(hands.window)
    hands.tab_to(QPushButton, "screen reader")
    hands.press(Qt.Key.Key_Space)
    assert "Waldmeister" in everything_told(hands.window)


def test_a_generated_passphrase_is_not_told(hands: Hands) -> None:
    hands.show(NewPassphrase(key=hands.key.public))
    maker = hands.window.maker
    assert maker is not None
    assert maker.chosen.reveal_text() not in everything_told(hands.window)


def test_faces_come_and_go_without_a_trace(hands: Hands) -> None:
    for _ in range(30):
        hands.show(Unlock(key=hands.key.public))
        assert everything_told(hands.window)
        hands.press(Qt.Key.Key_Escape)
        hands.answer()
        gc.collect()
    settle()
    assert hands.window.findChildren(TypedField) == []
