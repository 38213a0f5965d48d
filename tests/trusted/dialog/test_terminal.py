"""The terminal face: a real process on a real pseudo-terminal, and its pure parts."""

from __future__ import annotations

import codecs
import fcntl
import hashlib
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trusted.dialog.questions import ASKER, CHOOSE, CONFIRM, DIGEST, FRAME, LONG_TEXT, ONE, READ, SEVERAL, SIGN
from tests.trusted.dialog.router_side import PATIENCE_S, RouterSide

from etui.protocol import decode_message, encode_request
from etui.sealing import Secret
from etui.trusted.dialog.content import content_of
from etui.trusted.dialog.desk import Desk
from etui.trusted.dialog.display import TERMINAL, Display
from etui.trusted.dialog.events import Approve, Include, Refuse
from etui.trusted.dialog.face import View
from etui.trusted.dialog.front import ARMING_S, first_sight
from etui.trusted.dialog.requests import (
    Approved,
    AskSecret,
    Choice,
    Chosen,
    Confirm,
    Create,
    Created,
    Dismissed,
    Finger,
    FingerStage,
    Looks,
    Message,
    NewLogin,
    NewPassphrase,
    NewPin,
    Refused,
    Request,
    Reveal,
    Showing,
    ShownField,
    Typed,
    Unlock,
)
from etui.trusted.dialog.scripted import ForwardClock
from etui.trusted.dialog.terminal.face import TerminalFace
from etui.trusted.dialog.terminal.form import Form
from etui.trusted.dialog.terminal.keys import KeyReader, Named
from etui.trusted.dialog.terminal.rows import cells, wrapped
from etui.trusted.dialog.terminal.screen import Sight, body_rows, compose
from etui.trusted.dialog.terminal.tty import Terminal

_SGR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FRAME = re.compile(r"\x1b\[\?2026h(.*?)\x1b\[\?2026l", re.DOTALL)


class Person:
    """Sits at a pseudo-terminal on which the dialog runs."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", lines, columns, 0, 0))
        self.modes = termios.tcgetattr(slave)
        self.slave = slave
        self.router = RouterSide("--face", "terminal", tty=slave)
        self.seen = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def look(self, wanted: str, *, gone: str = "\x00") -> str:
        """The newest whole screen, once it holds what is wanted."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            frames = _FRAME.findall(self.seen)
            screen = _SGR.sub("", frames[-1]).replace("\r", "") if frames else ""
            if wanted in screen and gone not in screen:
                return screen
            ready, _, _ = select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"not on the screen: {wanted!r}\n{screen}"
            self.seen += self._decoder.decode(os.read(self.master, 1 << 16))

    def sees(self, wanted: str) -> bool:
        """Whether this comes onto the screen; not where the dialog answers instead."""
        deadline = time.monotonic() + PATIENCE_S
        while wanted not in _SGR.sub("", self.seen):
            assert time.monotonic() < deadline, f"not on the screen: {wanted!r}"
            if select.select([self.master], [], [], 0.05)[0]:
                self.seen += self._decoder.decode(os.read(self.master, 1 << 16))
            elif self.router.has_spoken(0):
                return False
        return True

    def insist(self, keys: str) -> object:
        """Presses keys until the dialog answers."""
        return self.router.insist(lambda: self.type(keys))

    def leave(self) -> None:
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def person() -> Iterator[Person]:
    person = Person()
    with person.router:
        assert person.router.greeted().display == "terminal"
        yield person
    person.leave()


def test_a_key_that_comes_at_once_approves_nothing(person: Person) -> None:
    while True:
        began = time.monotonic()
        person.router.show(CONFIRM)
        person.look("y Allow")
        person.type("y")
        if person.sees("too soon"):
            break
        assert time.monotonic() - began >= ARMING_S, "it was approved at once"
        person.router.answer()  # the machine stood still, and the key came late
        person.seen = ""
    assert person.insist("y") == Approved(digest=DIGEST, remember="once")


@pytest.mark.parametrize(("name", "item"), [("Р", "а"), ("Р", "a"), ("P", "а")])  # noqa: RUF001  # of two alphabets
def test_letters_that_deceive_are_flagged_once_where_they_are_asked_about(person: Person, name: str, item: str) -> None:
    asker = msgspec.structs.replace(ASKER, name=f"{name}ayPal")
    person.router.show(msgspec.structs.replace(CONFIRM, asker=asker, action=f"read “{item}pple”"))
    assert person.look("y Allow").count("Look-alikes:") == 1


def test_what_is_asked_is_on_the_screen_and_remembered_by_number(person: Person) -> None:
    person.router.dress(Looks(picture="owl", phrase="copper lantern", colour="#1f5f8b"))
    person.router.show(CONFIRM)
    screen = person.look("y Allow")
    for said in ("owl", "copper lantern", "Thunderbird", "wants to read a password", "Observed", "Mail account"):
        assert said in screen
    person.type("2")
    person.look("2 (*) Always")
    assert person.insist("y") == Approved(digest=DIGEST, remember="always")


def test_refusal_and_dismissal_are_taken_at_once(person: Person) -> None:
    person.router.show(CONFIRM)
    person.look("n Refuse")
    person.type("n")
    assert person.router.answer() == Refused()
    person.router.show(SEVERAL)
    person.look("read 2 passwords")
    person.type("s")
    assert person.router.answer() == Dismissed(silence=True)
    person.router.show(CHOOSE)
    person.look("Which card?")
    person.type("\x03")
    assert person.router.answer() == Dismissed()


def test_a_passphrase_is_never_on_the_screen(person: Person) -> None:
    person.router.show(Unlock(key=person.router.key.public))
    person.look("Passphrase (nothing is shown while you type)")
    person.type("hush-hush ü\x7f\x7fp")
    typed = person.insist("\r")
    assert isinstance(typed, Typed)
    assert person.router.opened(typed.sealed, "vault.passphrase") == "hush-hushp"
    person.router.show(CHOOSE)
    person.look("Which card?")
    assert "hush" not in person.seen


def test_consent_with_a_passphrase_asks_for_it_before_it_approves(person: Person) -> None:
    person.router.show(Confirm(asker=ASKER, action="pay", digest=DIGEST, key=person.router.key.public))
    person.look("y Allow")
    person.type("y")
    person.look("Passphrase of your wallet")
    person.type("hush\r")
    said = person.insist("y")
    assert isinstance(said, Approved)
    assert person.router.opened(said.sealed, "vault.passphrase") == "hush"


def test_a_new_pin_is_typed_twice_after_the_passphrase(person: Person) -> None:
    person.router.show(NewPin(key=person.router.key.public))
    person.look("Choose a PIN")
    person.type("thush\r4321\r")
    person.look("The new PIN again (nothing is shown while you type)")
    person.type("4321\r")
    person.look("which is tried first", gone="nothing is shown while you type")
    person.type("y2743\r2743\r")
    typed = person.insist("y")
    assert isinstance(typed, Typed)
    assert person.router.opened(typed.sealed, "vault.passphrase") == "hush"
    assert person.router.opened(typed.sealed_new, "vault.pin") == "2743"


def test_a_login_password_is_typed_twice_after_the_passphrase_and_a_short_one_is_refused(person: Person) -> None:
    person.router.show(NewLogin(key=person.router.key.public))
    person.look("Whoever has a copy of this machine's disk")
    person.type("thush\rseven..\r")
    person.type("seven..\r")
    person.look("is guessed too soon", gone="nothing is shown while you type")
    person.type("yof the login\rof the login\r")
    typed = person.insist("y")
    assert isinstance(typed, Typed)
    assert person.router.opened(typed.sealed, "vault.passphrase") == "hush"
    assert person.router.opened(typed.sealed_new, "vault.login") == "of the login"


def test_a_finger_that_fprintd_recognised_is_told_and_allows_nothing_by_itself(person: Person) -> None:
    router = person.router
    router.show(Confirm(asker=ASKER, action="pay", digest=DIGEST, key=router.key.public, pin=True, finger=Finger()))
    screen = " ".join(person.look("fprintd is asked for your finger.").split())
    assert "That it is yours says fprintd of this machine, and your wallet cannot check that." in screen
    router.feel(FingerStage.AGAIN, "The reader did not get that: try once more.")
    person.look("The reader did not get that: try once more.")
    router.feel(FingerStage.RECOGNISED)
    person.look("You have not allowed anything yet.")
    assert not router.has_spoken(0)
    assert person.insist("y") == Approved(digest=DIGEST)


def test_who_forgot_the_pin_gives_the_passphrase(person: Person) -> None:
    person.router.show(Confirm(asker=ASKER, action="pay", digest=DIGEST, key=person.router.key.public, pin=True))
    assert "PIN of your wallet: not typed yet" in person.look("r Use the passphrase instead")
    person.type("r")
    assert person.router.answer() == Typed(sealed=b"", use_other=True)


def test_the_menu_tells_whether_something_was_typed_and_never_what(person: Person) -> None:
    person.router.show(Confirm(asker=ASKER, action="pay", digest=DIGEST, key=person.router.key.public))
    person.look("Passphrase of your wallet: not typed yet")
    person.type("thush\x1b")
    assert "hush" not in person.look("Passphrase of your wallet: typed")
    assert isinstance(person.insist("y"), Approved)


def test_who_came_in_with_the_recovery_key_is_asked_for_a_new_passphrase_alone(person: Person) -> None:
    person.router.show(NewPassphrase(key=person.router.key.public, recovered=True))
    screen = person.look("Choose a new passphrase")
    assert "Present passphrase" not in screen
    words = screen.split("type them again.")[1].split("The six words again")[0].split()
    person.type("t" + " ".join(words) + "\r")
    person.look("The six words again: typed")
    typed = person.insist("y")
    assert isinstance(typed, Typed)
    assert typed.sealed == b""
    assert person.router.opened(typed.sealed_new, "vault.new") == " ".join(words)


def test_who_mistypes_the_six_words_types_them_again_from_the_beginning(person: Person) -> None:
    person.router.show(NewPassphrase(key=person.router.key.public, recovered=True))
    screen = person.look("Choose a new passphrase")
    words = screen.split("type them again.")[1].split("The six words again")[0].split()
    assert "The six words again: not typed yet" in screen
    person.type("t")
    assert "Ctrl-U: begin anew" in person.look("nothing is shown while you type")
    person.type("something else\r")
    screen = person.look("The two are not the same yet.", gone="nothing is shown while you type")
    assert "The six words again: not typed yet" in screen
    person.type("t" + " ".join(words) + "\r")
    person.look("The six words again: typed")
    typed = person.insist("y")
    assert isinstance(typed, Typed)
    assert person.router.opened(typed.sealed_new, "vault.new") == " ".join(words)


def test_a_hidden_field_that_is_opened_again_is_empty(person: Person) -> None:
    person.router.show(Confirm(asker=ASKER, action="pay", digest=DIGEST, key=person.router.key.public))
    person.look("Passphrase of your wallet: not typed yet")
    person.type("thuhs\x1b")
    person.look("Passphrase of your wallet: typed")
    person.type("thush\x1b")
    person.look("Passphrase of your wallet: typed")
    said = person.insist("y")
    assert isinstance(said, Approved)
    assert person.router.opened(said.sealed, "vault.passphrase") == "hush"


def test_what_was_no_pin_is_typed_from_its_beginning(person: Person) -> None:
    person.router.show(AskSecret(frame=FRAME, title="PIN", key=person.router.key.public, digits=True))
    person.look("nothing is shown while you type")
    person.type("12x4\r")
    person.look("Digits only.")
    person.type("1234")
    person.look("nothing is shown while you type", gone="Digits only.")
    typed = person.insist("\r")
    assert isinstance(typed, Typed)
    assert person.router.opened(typed.sealed, "dialog/1.ask_secret.secret") == "1234"


def test_items_are_ticked_by_number(person: Person) -> None:
    person.router.show(SEVERAL)
    person.look("1 [x] Mail")
    person.type("1")
    person.look("1 [ ] Mail")
    assert person.insist("y") == Approved(digest=DIGEST, items=("b",))


def test_one_of_the_items_of_a_question_is_chosen_by_number(person: Person) -> None:
    person.router.show(ONE)
    screen = person.look("1 (*) ada")
    assert "Which one" in screen
    person.type("2")
    person.look("2 (*) grace")
    assert person.insist("y") == Approved(digest=DIGEST, items=("b",))


def test_one_of_several_is_chosen_by_number(person: Person) -> None:
    person.router.show(CHOOSE)
    screen = person.look("Choose one first.")
    assert "An Extension, not the wallet, speaks here" in screen
    person.type("2")
    person.look("2 (*) Credit")
    assert person.insist("y") == Chosen(id="credit")


def test_a_long_text_is_agreed_to_only_at_its_end(person: Person) -> None:
    person.router.show(READ)
    person.look("Scroll to the end first.")
    person.type("y")
    for _ in range(60):
        person.type(" ")
    assert "Paragraph 119" in person.look("Paragraph 119:", gone="Scroll to the end")
    assert person.insist("y") == Approved()


@pytest.mark.attack(87)
def test_a_text_that_is_signed_is_read_to_its_end_and_the_answer_says_what_was_shown(person: Person) -> None:
    person.router.show(SIGN)
    person.look("Scroll to the end first.")
    person.type("y")
    for _ in range(60):
        person.type(" ")
    assert "│ Paragraph 119:" in person.look("Paragraph 119:", gone="Scroll to the end")
    assert person.insist("y") == Approved(digest=DIGEST, read=hashlib.sha256(LONG_TEXT.encode()).digest())


@pytest.mark.attack(89)
def test_no_line_of_a_text_is_taken_for_the_wallets_own() -> None:
    own = "Etui wallet · owl · green · “copper lantern orchard”\n\n-- more: Space --\ny Allow   n Refuse"
    form = form_of(msgspec.structs.replace(SIGN, reading=ShownField(title="Text", value=own)))
    rows = [row.text for row in body_rows(form, 80)]
    told = rows[rows.index("  Text") + 1 :]
    assert [row for row in told if not row.startswith("  │ ")] == []
    assert "".join(row.removeprefix("  │ ") for row in told) == own.replace("\n", "")


def test_a_shown_secret_is_gone_from_the_terminal_afterwards(person: Person) -> None:
    person.router.show(
        Reveal(frame=FRAME, title="Password", sealed=person.router.sealed("Wald", "dialog/1.reveal.secret"))
    )
    person.look("Wald")
    assert person.insist("y") == Approved()
    assert person.seen.index("\x1b[?1049h") < person.seen.index("Wald")
    person.router.show(CHOOSE)
    assert "Wald" not in person.look("Which card?")


def test_the_first_run_can_be_done_with_the_keyboard_alone(person: Person) -> None:
    person.router.show(Create(key=person.router.key.public))
    person.look("1 of 4")
    person.type("y")
    assert "too soon" not in person.look("2 of 4")
    person.type("7\r")
    person.look("7 (*) owl")
    person.type("t\x15a kettle sings\r")
    person.look("a kettle sings")
    person.type("y")
    screen = person.look("3 of 4")
    words = screen.split("type them again.")[1].split("The six words again")[0].split()
    assert len(words) == 6
    person.type("t" + " ".join(words) + "\r")
    assert "1 (*) Guarded" in person.look("4 of 4")
    person.type("2")
    person.look("2 (*) Shared")
    created = person.insist("y")
    assert isinstance(created, Created)
    assert created.open_session
    assert (created.looks.picture, created.looks.phrase) == ("owl", "a kettle sings")
    assert person.router.opened(created.sealed, "vault.passphrase") == " ".join(words)


def test_the_terminal_is_given_back_as_it_was(person: Person) -> None:
    number = person.router.show(CONFIRM)
    person.look("y Allow")
    assert termios.tcgetattr(person.slave) != person.modes
    person.router.close(number)
    assert person.router.error() == "cancelled"
    person.router.show(Message(title="Backup", text="Is due."))
    person.look("Is due.")
    assert person.router.hang_up() == 0
    assert termios.tcgetattr(person.slave) == person.modes


def test_escape_sequences_in_shown_text_do_not_reach_the_terminal(person: Person) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07\x9b31mred\u202egnp"
    fields = (ShownField(title=evil, value=evil),)
    asker = msgspec.structs.replace(ASKER, name=evil, sentence=evil)
    person.router.show(Confirm(asker=asker, action=evil, digest=DIGEST, fields=fields, advice=(evil,)))
    person.look("y Allow")
    for forbidden in ("\x1b]", "\x07", "\x9b", "\u202e", "\x1b[31m"):
        assert forbidden not in person.seen


def test_a_face_is_drawn_anew_when_the_terminal_changes_its_size(person: Person) -> None:
    person.router.show(CONFIRM)
    person.look("y Allow")
    fcntl.ioctl(person.slave, termios.TIOCSWINSZ, struct.pack("4H", 24, 40, 0, 0))
    screen = person.look("-" * 40, gone="-" * 41)
    assert max(map(cells, screen.split("\n"))) <= 40


# --- pure parts -------------------------------------------------------------------------------


def form_of(request: Request, *, shown: Secret | None = None) -> Form:
    front = first_sight(Showing(number=1, request=request), now=0.0, focused=True)
    display = Display(kind="terminal", sentence=TERMINAL)
    return Form(View(front=front, content=content_of(request), display=display, shown_secret=shown))


def test_the_terminal_is_given_back_before_the_answer_is_told() -> None:
    told: list[str] = []
    now = ForwardClock(lambda: 0.0)
    display = Display(kind="terminal", sentence=TERMINAL)
    desk = Desk(send=lambda _: told.append("answered"), clock=now, display=display)

    class Watched(TerminalFace):
        def clear(self) -> None:
            told.append("given back")

    master, slave = pty.openpty()
    desk.face = Watched(desk.report, now, Terminal(slave))
    shown = msgspec.json.encode(Showing(number=1, request=CONFIRM))
    desk.receive(decode_message(encode_request(1, "dialog.show", shown).strip()))
    desk.report(Refuse())
    assert told == ["given back", "answered"]
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize(("width", "height"), [(20, 24), (33, 16), (50, 12), (80, 10), (80, 24)])
@pytest.mark.parametrize(
    "request_", [CONFIRM, SIGN, SEVERAL, CHOOSE, READ, AskSecret(frame=FRAME, title="PIN", key=bytes(32))]
)
def test_every_row_of_a_face_can_be_scrolled_to_at_any_size(width: int, height: int, request_: Request) -> None:
    form = form_of(request_)
    seen: set[str] = set()
    offset = 0
    while True:
        screen = compose(form, Sight(width=width, height=height, now=0.0, offset=offset))
        assert all(cells(row.text) <= width for row in screen.rows)
        assert len(screen.rows) <= height
        seen |= {row.text for row in screen.rows}
        if screen.shows_end:
            break
        offset = screen.offset + screen.page
    assert {row.text for row in body_rows(form, width)} <= seen | {""}


def test_a_yes_behind_the_first_digit_of_a_number_chooses_and_approves_nothing() -> None:
    items = tuple(Choice(id=f"item-{number}", label=f"Item {number}") for number in range(1, 12))
    form = form_of(msgspec.structs.replace(SEVERAL, items=items))
    assert form.press("1") == []
    rows = compose(form, Sight(width=80, height=40, now=0.0)).rows
    assert "  number 1_   Enter: choose it" in [row.text for row in rows]
    assert form.press("y") == [Include(id="item-1", included=False)]
    assert [type(event) for event in form.press("y")] == [Approve]
    assert form.press("1") == []
    assert form.press("n") == [Refuse()], "a no waits for nothing"


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])), st.integers(20, 90))
def test_wrapping_cuts_nothing_and_keeps_to_the_width(text: str, width: int) -> None:
    rows = wrapped(text, width)
    assert all(cells(row.text) <= width for row in rows)
    assert "".join(row.text for row in rows).replace(" ", "") == text.replace("\n", "").replace(" ", "")


@given(st.binary(), st.integers(0, 20))
def test_any_bytes_are_keys_and_never_an_error(data: bytes, cut: int) -> None:
    reader = KeyReader()
    for key in reader.feed(data[:cut]) + reader.feed(data[cut:]) + reader.rest():
        assert isinstance(key, Named) or key.isprintable()


def test_sequences_are_keys_and_unknown_ones_are_none() -> None:
    reader = KeyReader()
    keys = reader.feed(b"\x1b[A\x1b[6~\x1bOB\x1b[200~a\x1b[1;5C\r\x7f\x1b")
    assert keys + reader.rest() == [
        Named.UP,
        Named.PAGE_DOWN,
        Named.DOWN,
        "a",
        Named.ENTER,
        Named.BACKSPACE,
        Named.ESCAPE,
    ]


@pytest.mark.parametrize("cut", [1, 2])
def test_an_arrow_split_over_two_reads_is_no_escape(cut: int) -> None:
    reader = KeyReader()
    assert reader.feed(b"\x1b[B"[:cut]) == []
    assert reader.feed(b"\x1b[B"[cut:]) == [Named.DOWN]
    assert reader.rest() == []


def test_an_escape_that_nothing_follows_is_one() -> None:
    reader = KeyReader()
    assert reader.feed(b"a\x1b") == ["a"]
    assert reader.rest() == [Named.ESCAPE]
    assert reader.rest() == []


def test_a_letter_split_over_two_reads_is_one_key() -> None:
    reader = KeyReader()
    first, second = "ü".encode()[:1], "ü".encode()[1:]
    assert reader.feed(first) + reader.feed(second) == ["ü"]


def test_the_long_text_is_longer_than_a_screen() -> None:
    assert LONG_TEXT.count("\n") > 24
