"""The window, drawn off the screen, worked with the keyboard alone."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget
from tests.trusted.dialog.hands import Hands, settle
from tests.trusted.dialog.questions import ASKER, CHOOSE, CONFIRM, DIGEST, FRAME, LONG_TEXT, ONE, READ, SEVERAL, SIGN

from etui.sealing import SealedValueError
from etui.trusted.dialog.front import CreateStep
from etui.trusted.dialog.qt.approve import ApproveButton
from etui.trusted.dialog.qt.body_scroll import BodyScroll
from etui.trusted.dialog.qt.choice_list import ChoiceRow
from etui.trusted.dialog.qt.text_block import TextBlock
from etui.trusted.dialog.qt.typed_field import TypedField
from etui.trusted.dialog.requests import (
    Approved,
    AskSecret,
    Chosen,
    Confirm,
    Create,
    Created,
    Dismissed,
    Finger,
    FingerStage,
    NewLogin,
    NewPassphrase,
    NewPin,
    Refused,
    Request,
    ShownField,
    Typed,
    Unlock,
)


def test_the_keyboard_approves_once_it_is_armed_and_not_before(hands: Hands) -> None:
    hands.show(CONFIRM)
    hands.tab_to(ApproveButton)
    hands.press(Qt.Key.Key_Return)
    assert hands.answer() is None
    hands.arm()
    hands.press(Qt.Key.Key_Return)
    assert hands.answer() == Approved(digest=DIGEST, remember="once")


def test_a_stray_enter_or_space_presses_nothing(hands: Hands) -> None:
    hands.show(CONFIRM)
    hands.arm()
    hands.press(Qt.Key.Key_Return)
    hands.press(Qt.Key.Key_Space)
    assert hands.answer() is None


def test_a_press_that_began_before_it_was_armed_counts_for_nothing(hands: Hands) -> None:
    hands.show(CONFIRM)
    approve = hands.window.findChild(ApproveButton)
    assert isinstance(approve, ApproveButton)
    QTest.mousePress(approve, Qt.MouseButton.LeftButton)
    hands.arm()
    QTest.mouseRelease(approve, Qt.MouseButton.LeftButton)
    assert hands.answer() is None
    QTest.mouseClick(approve, Qt.MouseButton.LeftButton)
    assert isinstance(hands.answer(), Approved)


def test_a_press_that_ends_elsewhere_counts_for_nothing(hands: Hands) -> None:
    hands.show(CONFIRM)
    hands.arm()
    approve = hands.window.findChild(ApproveButton)
    assert isinstance(approve, ApproveButton)
    QTest.mousePress(approve, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(approve, Qt.MouseButton.LeftButton, pos=QPoint(-50, -50))
    assert hands.answer() is None


def test_refuse_and_escape_answer_at_once(hands: Hands) -> None:
    hands.show(CONFIRM)
    hands.tab_to(QPushButton, "Refuse")
    hands.press(Qt.Key.Key_Space)
    assert hands.answer() == Refused()
    hands.show(CONFIRM)
    hands.press(Qt.Key.Key_Escape)
    assert hands.answer() == Dismissed()
    hands.show(CONFIRM)
    hands.window.close()
    assert hands.answer() == Dismissed()


def test_what_is_remembered_and_ticked_is_chosen_by_key(hands: Hands) -> None:
    hands.show(CONFIRM)
    hands.tab_to(ChoiceRow, "Always")
    hands.press(Qt.Key.Key_Space)
    hands.arm()
    hands.tab_to(ApproveButton)
    hands.press(Qt.Key.Key_Space)
    assert hands.answer() == Approved(digest=DIGEST, remember="always")
    hands.show(SEVERAL)
    hands.tab_to(ChoiceRow, "Mail")
    hands.press(Qt.Key.Key_Space)
    hands.arm()
    hands.tab_to(ApproveButton)
    hands.press(Qt.Key.Key_Space)
    assert hands.answer() == Approved(digest=DIGEST, items=("b",))


def test_one_of_the_items_of_a_question_is_chosen_by_key(hands: Hands) -> None:
    hands.show(ONE)
    for _ in range(2):  # the second press takes nothing away
        hands.tab_to(ChoiceRow, "grace")
        hands.press(Qt.Key.Key_Space)
    hands.arm()
    hands.tab_to(ApproveButton)
    hands.press(Qt.Key.Key_Space)
    assert hands.answer() == Approved(digest=DIGEST, items=("b",))


def test_one_of_several_is_chosen_by_key(hands: Hands) -> None:
    hands.show(CHOOSE)
    hands.tab_to(ChoiceRow, "Credit")
    hands.press(Qt.Key.Key_Space)
    hands.arm()
    hands.tab_to(ApproveButton)
    hands.press(Qt.Key.Key_Space)
    assert hands.answer() == Chosen(id="credit")


def test_a_passphrase_is_typed_and_entered_and_forgotten(hands: Hands) -> None:
    hands.show(Unlock(key=hands.key.public))
    field = QApplication.focusWidget()
    assert isinstance(field, TypedField)
    hands.arm()
    hands.type_in("hushx")
    hands.press(Qt.Key.Key_Backspace)
    hands.type_in("-HUSH 1")
    hands.press(Qt.Key.Key_Return)
    typed = hands.answer()
    assert isinstance(typed, Typed)
    assert hands.opened(typed.sealed, "vault.passphrase") == "hush-HUSH 1"
    assert len(field.secret) == 0
    assert not hands.window.isVisible()


def test_a_typed_field_edits_as_people_expect(hands: Hands) -> None:
    hands.show(AskSecret(frame=FRAME, title="Word", key=hands.key.public))
    hands.arm()
    hands.type_in("bcd")
    hands.press(Qt.Key.Key_Home)
    hands.type_in("a")
    hands.press(Qt.Key.Key_Right)
    hands.press(Qt.Key.Key_Delete)
    field = QApplication.focusWidget()
    assert isinstance(field, TypedField)
    assert field.secret.reveal_text() == "abd"
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    hands.type_in("new")
    assert field.secret.reveal_text() == "new"
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    hands.press(Qt.Key.Key_Backspace)
    assert len(field.secret) == 0
    QApplication.clipboard().setText("pasted\nline")
    QTest.keyClick(field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert field.secret.reveal_text() == "pastedline"
    QTest.keyClick(field, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
    assert len(field.secret) == 0


def test_a_new_passphrase_is_made_by_key(hands: Hands) -> None:
    hands.show(NewPassphrase(key=hands.key.public))
    hands.arm()
    hands.type_in("old one")
    hands.press(Qt.Key.Key_Return)
    maker = hands.window.maker
    assert maker is not None
    words = maker.chosen.reveal_text()
    hands.type_in(words)
    hands.press(Qt.Key.Key_Return)
    typed = hands.answer()
    assert isinstance(typed, Typed)
    assert hands.opened(typed.sealed, "vault.passphrase") == "old one"
    assert hands.opened(typed.sealed_new, "vault.new") == words


def test_a_new_pin_is_chosen_by_key(hands: Hands) -> None:
    hands.show(NewPin(key=hands.key.public))
    hands.arm()
    for typed in ("my passphrase", "1234", "2743"):
        hands.type_in(typed)
        hands.press(Qt.Key.Key_Return)
    assert hands.answer() is None, "a plain count, and not the same twice"
    maker = hands.window.maker
    assert maker is not None
    maker.forget()
    maker.first_field.setFocus()
    for typed in ("2743", "2743"):
        hands.type_in(typed)
        hands.press(Qt.Key.Key_Return)
    answer = hands.answer()
    assert isinstance(answer, Typed)
    assert hands.opened(answer.sealed, "vault.passphrase") == "my passphrase"
    assert hands.opened(answer.sealed_new, "vault.pin") == "2743"


def test_a_login_password_is_typed_twice(hands: Hands) -> None:
    hands.show(NewLogin(key=hands.key.public))
    hands.arm()
    for typed in ("my passphrase", "of the login", "of the login"):
        hands.type_in(typed)
        hands.press(Qt.Key.Key_Return)
    answer = hands.answer()
    assert isinstance(answer, Typed)
    assert hands.opened(answer.sealed, "vault.passphrase") == "my passphrase"
    assert hands.opened(answer.sealed_new, "vault.login") == "of the login"


def test_a_request_is_confirmed_by_pin_and_the_pin_goes_nowhere_as_a_passphrase(hands: Hands) -> None:
    hands.show(Confirm(asker=ASKER, action="pay", digest=DIGEST, key=hands.key.public, pin=True))
    hands.arm()
    hands.type_in("2743")
    hands.press(Qt.Key.Key_Return)
    answer = hands.answer()
    assert isinstance(answer, Approved)
    assert hands.opened(answer.sealed, "vault.pin") == "2743"
    with pytest.raises(SealedValueError):
        hands.opened(answer.sealed, "vault.passphrase")


def test_a_finger_that_fprintd_recognised_is_told_and_allows_nothing_by_itself(hands: Hands) -> None:
    taken = Confirm(asker=ASKER, action="pay", digest=DIGEST, key=hands.key.public, pin=True, finger=Finger())

    def shown() -> str:
        return " ".join(label.text() for label in hands.window.findChildren(QLabel))

    hands.show(taken)
    assert "That it is yours says fprintd of this machine, and your wallet cannot check that." in shown()
    hands.feel(1, FingerStage.WAITING)
    assert "Touch the fingerprint reader, or type your PIN." in shown()
    hands.feel(1, FingerStage.OVER, "fprintd ended")
    assert "No finger can stand for it (fprintd ended). Type your PIN." in shown()
    hands.feel(1, FingerStage.RECOGNISED)
    assert "fprintd says that the finger is yours." in shown()
    assert hands.answer() is None
    hands.arm()
    hands.press(Qt.Key.Key_Return)
    assert hands.answer() == Approved(digest=DIGEST)


def test_who_forgot_the_pin_gives_the_passphrase(hands: Hands) -> None:
    hands.show(Confirm(asker=ASKER, action="pay", digest=DIGEST, key=hands.key.public, pin=True))
    hands.tab_to(QPushButton, "Use the passphrase instead")
    hands.press(Qt.Key.Key_Space)
    assert hands.answer() == Typed(sealed=b"", use_other=True)


def test_who_came_in_with_the_recovery_key_is_asked_for_a_new_passphrase_alone(hands: Hands) -> None:
    hands.show(NewPassphrase(key=hands.key.public, recovered=True))
    hands.arm()
    maker = hands.window.maker
    assert maker is not None
    words = maker.chosen.reveal_text()
    hands.type_in(words)
    hands.press(Qt.Key.Key_Return)
    typed = hands.answer()
    assert isinstance(typed, Typed)
    assert typed.sealed == b""
    assert hands.opened(typed.sealed_new, "vault.new") == words


def test_the_first_run_is_done_by_key(hands: Hands) -> None:
    hands.show(Create(key=hands.key.public))
    hands.tab_to(ApproveButton)
    hands.press(Qt.Key.Key_Space)
    hands.tab_to(QWidget, "fox")
    hands.press(Qt.Key.Key_Space)
    hands.tab_to(TypedField, "Phrase")
    QTest.keyClick(hands.focused, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
    hands.type_in("a kettle sings")
    hands.tab_to(ApproveButton)
    hands.press(Qt.Key.Key_Space)
    assert hands.step() == CreateStep.PASSPHRASE
    hands.tab_to(QPushButton, "Type my own")
    hands.press(Qt.Key.Key_Space)
    hands.type_in("ember fjord 77 anchor beacon")
    hands.press(Qt.Key.Key_Return)
    hands.type_in("ember fjord 77 anchor beacon")
    hands.press(Qt.Key.Key_Return)
    assert hands.step() == CreateStep.SHARING
    rows = [row for row in hands.window.findChildren(ChoiceRow) if row.isVisible()]
    assert [row.option.label.text for row in rows if row.isChecked()] == ["Guarded"]
    hands.tab_to(ChoiceRow, "Shared")
    hands.press(Qt.Key.Key_Space)
    hands.arm()
    hands.tab_to(ApproveButton)
    hands.press(Qt.Key.Key_Space)
    created = hands.answer()
    assert isinstance(created, Created)
    assert created.open_session
    assert (created.looks.picture, created.looks.phrase) == ("fox", "a kettle sings")
    assert hands.opened(created.sealed, "vault.passphrase") == "ember fjord 77 anchor beacon"


def test_a_long_text_needs_its_end_and_keys_scroll_to_it(hands: Hands) -> None:
    hands.show(READ)
    hands.arm()
    hands.tab_to(ApproveButton)
    hands.press(Qt.Key.Key_Space)
    assert hands.answer() is None
    hands.tab_to(QWidget, "What is asked")
    for _ in range(200):
        hands.press(Qt.Key.Key_PageDown)
        if hands.window.front is not None and hands.window.front.at_end:
            break
    hands.arm()
    hands.tab_to(ApproveButton)
    hands.press(Qt.Key.Key_Space)
    assert hands.answer() == Approved()


def is_read(hands: Hands) -> bool:
    """Whether the end of what is in front was in sight."""
    return hands.window.front is not None and hands.window.front.at_end


@pytest.mark.attack(87)
def test_a_text_that_is_signed_is_read_to_its_end_and_the_answer_says_what_was_shown(hands: Hands) -> None:
    hands.show(SIGN)
    hands.arm()
    hands.tab_to(ApproveButton)
    hands.press(Qt.Key.Key_Space)
    assert hands.answer() is None
    assert not is_read(hands)
    hands.tab_to(QWidget, "What is asked")
    while not is_read(hands):
        hands.press(Qt.Key.Key_PageDown)
    hands.arm()
    hands.tab_to(ApproveButton)
    hands.press(Qt.Key.Key_Space)
    assert hands.answer() == Approved(digest=DIGEST, read=hashlib.sha256(LONG_TEXT.encode()).digest())


def test_the_longest_text_is_drawn_line_by_line_as_it_stands(hands: Hands) -> None:
    longest = "\n".join(["", "a line", *("word" if n % 3 else "" for n in range(20_000))])[:65_535] + "."
    hands.show(msgspec.structs.replace(SIGN, reading=ShownField(title="Text", value=longest)))
    blocks = [block.text() for block in hands.window.findChildren(TextBlock)]
    assert longest in "\n".join(blocks)
    scroll = hands.window.findChild(BodyScroll)
    assert isinstance(scroll, BodyScroll)
    bar = scroll.verticalScrollBar()
    assert bar.maximum() + scroll.height() > longest.count("\n") * scroll.fontMetrics().height()
    bar.setValue(bar.maximum() - 1)
    settle()
    assert not is_read(hands)
    bar.setValue(bar.maximum())
    settle()
    assert is_read(hands)


def test_losing_the_front_disarms(hands: Hands) -> None:
    hands.show(CONFIRM)
    hands.arm()
    other = QWidget()
    other.show()
    other.activateWindow()
    QTest.qWaitForWindowActive(other)
    hands.window.activateWindow()
    QTest.qWaitForWindowActive(hands.window)
    other.close()
    hands.tab_to(ApproveButton)
    hands.press(Qt.Key.Key_Return)
    assert hands.answer() is None
    hands.arm()
    hands.press(Qt.Key.Key_Return)
    assert isinstance(hands.answer(), Approved)


@pytest.mark.parametrize("request_", [CONFIRM, CHOOSE, READ], ids=["program", "extension", "extension's text"])
def test_silence_is_in_the_menu_of_not_now(hands: Hands, request_: Request) -> None:
    hands.show(request_)
    button = hands.window.findChild(QToolButton)
    assert isinstance(button, QToolButton)
    button.menu().actions()[0].trigger()
    assert hands.answer() == Dismissed(silence=True)
