"""The window, drawn off the screen: keyboard alone, what a screen reader gets, what can be read."""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import gc
import itertools
import math

import msgspec
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QAccessibleInterface, QColor, QFont, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QToolButton, QWidget
from tests.trusted.dialog.questions import ASKER, CHOOSE, CONFIRM, DIGEST, FRAME, READ, REMEMBER, SEVERAL

from etui.protocol import decode_message, encode_request
from etui.sealing import ChannelKey
from etui.trusted.dialog.desk import Desk
from etui.trusted.dialog.display import UNPROTECTED, Display
from etui.trusted.dialog.events import Elapse
from etui.trusted.dialog.front import ARMING_S, LOOK_S, CreateStep
from etui.trusted.dialog.looks import COLOURS, contrast, text_on
from etui.trusted.dialog.qt.application import make_application
from etui.trusted.dialog.qt.approve import ApproveButton
from etui.trusted.dialog.qt.parts import ChoiceRow
from etui.trusted.dialog.qt.text_block import TextBlock
from etui.trusted.dialog.qt.theme import DARK, LIGHT, Theme
from etui.trusted.dialog.qt.typed_field import TypedField
from etui.trusted.dialog.qt.window import DialogWindow
from etui.trusted.dialog.requests import (
    Answer,
    Approved,
    AskSecret,
    ChangeAppearance,
    Chosen,
    Confirm,
    Create,
    Created,
    Dismissed,
    Hello,
    Looks,
    Message,
    NewPassphrase,
    Refused,
    Request,
    Reveal,
    Showing,
    ShownField,
    ShowRecovery,
    Typed,
    Unlock,
)
from etui.trusted.dialog.samples import samples
from etui.trusted.dialog.scripted import ForwardClock
from etui.trusted.dialog.wording import SILENCE_WORDS

DISPLAY = Display(kind="offscreen", sentence=UNPROTECTED, platform="offscreen")
LOOKS = Looks(picture="owl", phrase="copper lantern orchard", colour="#2e6b4f")


class Hands:
    """A window on a desk whose clock the test moves."""

    def __init__(self) -> None:
        self.clock = ForwardClock(lambda: 0.0)
        self.sent: list[bytes] = []
        self.desk = Desk(send=self.sent.append, clock=self.clock, display=DISPLAY)
        self.desk.greet()
        self.dialog_key = msgspec.json.decode(decode_message(self.sent.pop()).params, type=Hello).key
        self.key = ChannelKey()
        self.window = DialogWindow(self.desk.report, self.clock)
        self.desk.face = self.window
        self.numbers = itertools.count(1)

    def show(self, request: Request) -> None:
        number = next(self.numbers)
        shown = msgspec.json.encode(Showing(number=number, request=request))
        self.desk.receive(decode_message(encode_request(number, "dialog.show", shown).strip()))
        settle()

    def dress(self) -> None:
        line = b'{"jsonrpc":"2.0","method":"dialog.appearance","params":%b}' % msgspec.json.encode(LOOKS)
        self.desk.receive(decode_message(line))

    def arm(self) -> None:
        """Looks on as long as it takes, and touches nothing."""
        for _ in range(math.ceil(ARMING_S / LOOK_S) + 1):
            self.clock.advance(LOOK_S)
            self.desk.report(Elapse())

    def step(self) -> CreateStep:
        """Where a first run stands."""
        assert self.window.front is not None
        return self.window.front.step

    def press(self, key: Qt.Key) -> None:
        """A key, to whatever has the focus."""
        QTest.keyClick(self.focused, key)
        settle()

    def type_in(self, text: str) -> None:
        """Letters, to whatever has the focus."""
        QTest.keyClicks(self.focused, text)

    @property
    def focused(self) -> QWidget:
        """What has the focus."""
        focused = QApplication.focusWidget()
        assert focused is not None
        return focused

    def tab_to(self, wanted: type[QWidget], label: str = "") -> QWidget:
        """Presses Tab until the focus is on such a control."""
        for _ in range(60):
            focused = self.focused
            named = focused.accessibleName() or (focused.text() if isinstance(focused, QAbstractButton) else "")
            if isinstance(focused, wanted) and label in named:
                return focused
            self.press(Qt.Key.Key_Tab)
        pytest.fail(f"Tab never comes to {wanted.__name__} {label}")

    def answer(self) -> Answer | None:
        if not self.sent:
            return None
        message = decode_message(self.sent.pop())
        return msgspec.json.decode(message.result, type=Answer)  # type: ignore[arg-type, no-any-return]

    def opened(self, sealed: bytes, field: str) -> str:
        return self.key.open(sealed, field, sender=self.dialog_key).decode()

    def sealed(self, text: str, field: str) -> bytes:
        return self.key.seal_to(self.dialog_key, text.encode(), field)


def settle() -> None:
    for _ in range(10):
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture(scope="module", autouse=True)
def application() -> QApplication:
    running = QApplication.instance()
    return running if isinstance(running, QApplication) else make_application(DISPLAY)


@pytest.fixture
def hands() -> Iterator[Hands]:
    hands = Hands()
    yield hands
    hands.window.clear()
    hands.window.deleteLater()
    settle()


# --- the keyboard alone -----------------------------------------------------------------------


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
    maker = hands.window.passphrase_maker
    assert maker is not None
    words = maker.passphrase.reveal_text()
    hands.type_in(words)
    hands.press(Qt.Key.Key_Return)
    typed = hands.answer()
    assert isinstance(typed, Typed)
    assert hands.opened(typed.sealed, "vault.passphrase") == "old one"
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


def test_silence_is_in_the_menu_of_not_now(hands: Hands) -> None:
    hands.show(CONFIRM)
    button = hands.window.findChild(QToolButton)
    assert isinstance(button, QToolButton)
    button.menu().actions()[0].trigger()
    assert hands.answer() == Dismissed(silence=True)


# --- what other programs are offered ----------------------------------------------------------


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
    maker = hands.window.passphrase_maker
    assert maker is not None
    assert maker.passphrase.reveal_text() not in everything_told(hands.window)


def test_faces_come_and_go_without_a_trace(hands: Hands) -> None:
    for _ in range(30):
        hands.show(Unlock(key=hands.key.public))
        assert everything_told(hands.window)
        hands.press(Qt.Key.Key_Escape)
        hands.answer()
        gc.collect()
    settle()
    assert hands.window.findChildren(TypedField) == []


# --- what the face shows ----------------------------------------------------------------------


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


def test_a_test_profile_says_so_on_every_face() -> None:
    hands = Hands()
    hands.desk = Desk(send=hands.sent.append, clock=hands.clock, display=DISPLAY, is_test_profile=True)
    hands.window = DialogWindow(hands.desk.report, hands.clock)
    hands.desk.face = hands.window
    for request in (CONFIRM, CHOOSE, Unlock(key=hands.key.public)):
        hands.show(request)
        assert any(text.startswith("Test profile") for text in labels(hands.window))
        hands.press(Qt.Key.Key_Escape)


@pytest.mark.parametrize("points", [8.0, 10.0, 24.0])
def test_nothing_is_cut_off_at_any_size_of_text(hands: Hands, points: float) -> None:
    font = QFont(QApplication.font())
    before = QFont(font)
    font.setPointSizeF(points)
    QApplication.setFont(font)
    try:
        for sample in samples(hands.sealed):
            hands.show(sample.request)
            for block in hands.window.findChildren(TextBlock):
                if block.isVisible() and block.text():
                    assert block.height() >= block.heightForWidth(block.width()), (sample.name, block.text())
                    around = block.parentWidget()
                    assert around is not None
                    assert block.x() >= 0
                    assert block.x() + block.width() <= around.width(), (sample.name, block.text())
            for button in hands.window.findChildren(QPushButton):
                assert button.width() >= button.fontMetrics().horizontalAdvance(button.text())
            hands.press(Qt.Key.Key_Escape)
    finally:
        QApplication.setFont(before)


def test_a_word_without_spaces_is_wrapped_and_not_cut(hands: Hands) -> None:
    long = "/home/mira/" + "x" * 600
    hands.show(Confirm(asker=ASKER, action="read", digest=DIGEST, fields=(ShownField(title="Path", value=long),)))
    block = next(one for one in hands.window.findChildren(TextBlock) if one.text() == long)
    assert block.width() <= hands.window.width()
    assert block.height() > 5 * block.fontMetrics().height()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_and_ground_differ_enough(theme: Theme) -> None:
    for text, ground in (
        (theme.text, theme.ground),
        (theme.text, theme.card),
        (theme.text, theme.idle),
        (theme.text, theme.advice_ground),
        (theme.muted, theme.ground),
        (theme.muted, theme.card),
        (theme.on_accent, theme.accent),
        (theme.caution, theme.caution_ground),
        (theme.caution, theme.card),
        (theme.caution, theme.ground),
    ):
        assert contrast(text, ground) >= 4.5, (text, ground)
    for ring in (theme.accent, theme.muted):
        assert contrast(ring, theme.card) >= 3.0


@pytest.mark.parametrize("colour", [*COLOURS, "#000000", "#ffffff", "#808080", "#ff0000", "#00ff00", "#777777"])
def test_the_phrase_reads_on_every_colour(colour: str) -> None:
    assert contrast(text_on(colour), colour) >= 4.5


def test_the_theme_follows_the_palette(hands: Hands) -> None:
    palette = QPalette()
    before = QApplication.palette()
    palette.setColor(QPalette.ColorRole.Window, QColor("#202020"))
    QApplication.setPalette(palette)
    try:
        hands.show(CONFIRM)
        assert DARK.ground in hands.window.styleSheet()
    finally:
        QApplication.setPalette(before)


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
