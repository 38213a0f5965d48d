"""Commands are routed to whose application was selected; whatever comes has an answer."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.doors.contactless.directory import Directory
from etui.doors.contactless.tap import Tap
from etui.doors.contactless.vpcd import Frames, Signal, framed, signal_in
from etui.interfaces.apdu_1 import Application
from etui.sdk import ErrorCode, ProtocolError
from etui.standards import emv
from etui.standards.iso7816 import Command, Occurrence, Response, Selection, StatusWord, get_response

PAY = bytes.fromhex("F04554554901")
BUS = bytes.fromhex("F04554554902")
NOT_NOW = StatusWord.CONDITIONS_OF_USE_NOT_SATISFIED
NOT_FOUND = StatusWord.FILE_OR_APPLICATION_NOT_FOUND


class Extensions:
    """Two Extensions with an application each; answers with who was asked what."""

    def __init__(self) -> None:
        self.armed = [("one", Application(name=PAY, label="Pay", priority=2))]
        self.armed.append(("two", Application(name=BUS, label="Bus", priority=1)))
        self.ended: list[tuple[str, str]] = []
        self.fails: ProtocolError | None = None
        self.answers: bytes | None = None
        self.contactless: list[bool] = []

    async def directory(self) -> Directory:
        self._check()
        return Directory(self.armed)

    async def select(self, provider: str, name: bytes, *, contactless: bool) -> tuple[str, bytes]:
        self._check()
        self.contactless.append(contactless)
        return f"session of {provider}", self._said(Response(name).encode())

    async def transmit(self, provider: str, session: str, apdu: bytes) -> bytes:
        self._check()
        assert session == f"session of {provider}"
        return self._said(Response(provider.encode() + apdu).encode())

    async def deselect(self, provider: str, session: str) -> None:
        self.ended.append((provider, session))

    def _said(self, usual: bytes) -> bytes:
        return usual if self.answers is None else self.answers

    def _check(self) -> None:
        if self.fails is not None:
            raise self.fails


@pytest.fixture
def extensions() -> Extensions:
    return Extensions()


@pytest.fixture
def tap(extensions: Extensions) -> Tap:
    return Tap(extensions)


def send(tap: Tap, command: Command | bytes) -> Response:
    return Response.decode(asyncio.run(tap.answer(command if isinstance(command, bytes) else command.encode())))


READ = Command(0x00, 0xB2, 1, 0x0C, ne=256)


def test_one_directory_has_the_applications_of_all_extensions(tap: Tap) -> None:
    found = emv.ProximityDirectory.decode(send(tap, Selection(emv.PPSE).command()).data).applications
    assert [(one.identifier, one.label, one.priority) for one in found] == [(BUS, "Bus", 1), (PAY, "Pay", 2)]


def test_a_reader_by_contact_finds_the_same_in_records(tap: Tap, extensions: Extensions) -> None:
    directory = emv.PaymentDirectory.decode(send(tap, Selection(emv.PSE).command()).data)
    read = [send(tap, emv.ReadRecord(directory.sfi, number).command()) for number in (1, 2, 3)]
    assert [emv.read_directory_record(one.data)[0].identifier for one in read[:2]] == [BUS, PAY]
    assert read[2].status == StatusWord.RECORD_NOT_FOUND
    send(tap, Selection(PAY).command())
    send(tap, Selection(emv.PPSE).command())
    send(tap, Selection(PAY).command())
    assert extensions.contactless == [False, True]


def test_a_command_goes_to_whose_application_was_selected(tap: Tap) -> None:
    assert send(tap, Selection(PAY).command()).data == PAY
    assert send(tap, READ).data == b"one" + READ.encode()
    assert send(tap, Selection(BUS).command()).data == BUS
    assert send(tap, READ).data == b"two" + READ.encode()


def test_an_application_is_found_by_how_its_name_begins(tap: Tap) -> None:
    assert send(tap, Selection(PAY[:5]).command()).data == BUS
    assert send(tap, Selection(PAY[:5], Occurrence.NEXT).command()).status == NOT_FOUND


@pytest.mark.parametrize("locked", [False, True])
def test_a_card_of_which_nothing_is_armed_or_whose_wallet_is_locked_is_empty(
    tap: Tap, extensions: Extensions, *, locked: bool
) -> None:
    extensions.armed = []
    extensions.fails = ProtocolError(ErrorCode.LOCKED, "locked") if locked else None
    for name in (emv.PPSE, emv.PSE, PAY):
        assert send(tap, Selection(name).command()).status == NOT_FOUND
    assert send(tap, READ).status == NOT_NOW


def test_a_session_that_ended_in_its_extension_is_over_here(tap: Tap, extensions: Extensions) -> None:
    send(tap, Selection(PAY).command())
    extensions.fails = ProtocolError(ErrorCode.CONFLICT, "this session has ended")
    assert send(tap, READ).status == NOT_NOW
    extensions.fails = None
    assert send(tap, READ).status == NOT_NOW
    assert send(tap, Selection(PAY).command()).data == PAY


def test_an_extension_that_fails_is_a_status_word_and_no_end(tap: Tap, extensions: Extensions) -> None:
    send(tap, Selection(PAY).command())
    extensions.fails = ProtocolError(ErrorCode.UNAVAILABLE, "it does not run")
    assert send(tap, READ).status == StatusWord.NO_PRECISE_DIAGNOSIS


@pytest.mark.attack(162)
@pytest.mark.parametrize("answers", [b"", b"\x90", b"data\x00\x00", bytes(65_534) + b"\x90\x00"])
def test_an_extension_that_answers_what_no_reader_takes_is_a_status_word_and_no_end(
    tap: Tap, extensions: Extensions, answers: bytes
) -> None:
    send(tap, Selection(PAY).command())
    extensions.answers = answers
    assert send(tap, READ).status == StatusWord.NO_PRECISE_DIAGNOSIS
    assert send(tap, Selection(BUS).command()).status == StatusWord.NO_PRECISE_DIAGNOSIS
    extensions.answers = None
    assert send(tap, Selection(PAY).command()).data == PAY
    assert send(tap, READ).data == b"one" + READ.encode()


def test_a_terminal_that_is_gone_leaves_no_session(tap: Tap, extensions: Extensions) -> None:
    send(tap, Selection(PAY).command())
    asyncio.run(tap.end())
    assert extensions.ended == [("one", "session of one")]
    assert send(tap, READ).status == NOT_NOW


def test_where_there_is_no_room_for_an_answer_it_is_fetched(tap: Tap) -> None:
    send(tap, Selection(PAY).command())
    asks = Command(0x80, 0xA8, 0, 0, b"\x83\x00")
    response = send(tap, asks)
    assert (response.data, response.available) == (b"", len(b"one" + asks.encode()))
    assert send(tap, get_response(0x00, 4)).data == b"one\x80"
    assert send(tap, get_response(0x00, 256)).data == asks.encode()[1:]


@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([PAY, emv.PPSE, emv.PSE]).map(
    lambda name: Selection(name).command().encode())), max_size=20))  # fmt: skip
def test_whatever_comes_has_an_answer(commands: list[bytes]) -> None:
    tap = Tap(Extensions())
    for apdu in commands:
        send(tap, apdu)
    assert send(tap, Selection(PAY).command()).data == PAY


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=8), st.integers(1, 50))
def test_frames_are_the_same_however_they_come(sent: list[bytes], size: int) -> None:
    stream = b"".join(framed(one) for one in sent)
    frames = Frames()
    taken = [one for at in range(0, len(stream), size) for one in frames.take(stream[at : at + size])]
    assert taken == sent


def test_a_frame_of_one_byte_is_a_signal_and_nothing_else_is() -> None:
    assert signal_in(b"\4") is Signal.ATR
    assert signal_in(b"\3") is None
    assert signal_in(b"\0\0") is None
    assert Frames().take(framed(b"")) == []
