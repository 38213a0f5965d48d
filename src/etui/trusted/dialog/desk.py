"""Between the Router and a face: messages become events, effects become messages.

What is sealed to the dialog is opened here, when it comes to the front. One method comes as a request, ``dialog.show``;
each is answered once. A showing that cannot be shown is answered with an error: ``no_dialog`` where there is no face,
``stale_key`` for a value sealed to another session's key, ``too_many`` where too many wait, ``cancelled`` once
``dialog.close`` took it away.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from etui.protocol import (
    ErrorCode,
    Message,
    MessageId,
    MessageKind,
    ProtocolError,
    encode_error,
    encode_notification,
    encode_result,
    error_object,
)
from etui.sealing import ChannelKey, SealedValueError, Secret
from etui.trusted.dialog.answers import RECOVERY_FIELD, REVEALED_SECRET_FIELD, sealing_keys
from etui.trusted.dialog.content import content_of
from etui.trusted.dialog.display import Display
from etui.trusted.dialog.entries import group_count
from etui.trusted.dialog.events import Cancel, Clear, Effect, Event, Feel, Present, Reject, Settle, Show, Withdraw
from etui.trusted.dialog.face import Face, View
from etui.trusted.dialog.front import Front
from etui.trusted.dialog.machine import Machine
from etui.trusted.dialog.requests import FingerNews, Hello, Looks, Request, Reveal, Showing, ShowRecovery
from etui.trusted.dialog.wording import TEST_PROFILE_WORDS

T = TypeVar("T")
_MAX_LOGO_BYTES: Final = 64 << 10


class _Close(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``dialog.close``."""

    number: Annotated[int, Meta(ge=0)]


_showing: Final = msgspec.json.Decoder(Showing)
_close: Final = msgspec.json.Decoder(_Close)
_finger: Final = msgspec.json.Decoder(FingerNews)
_looks: Final = msgspec.json.Decoder(Looks)


class Desk:
    """One session of the dialog: its key, its machine, and the face that shows it; a face of None shows nothing."""

    def __init__(
        self,
        *,
        send: Callable[[bytes], None],
        clock: Callable[[], float],
        display: Display,
        is_test_profile: bool = False,
    ) -> None:
        self._send = send
        self._clock = clock
        self._display = display
        self._warnings = (TEST_PROFILE_WORDS,) if is_test_profile else ()
        self._key = ChannelKey()
        self._machine = Machine(self._seal)
        self._asked: dict[int, MessageId] = {}
        self._events: deque[Event] = deque()
        self._is_busy = False
        self._looks: Looks | None = None
        self.face: Face | None = None

    @property
    def now(self) -> float:
        """The desk's clock, in seconds."""
        return self._clock()

    def greet(self) -> None:
        """Sends ``dialog.hello``, the first message."""
        hello = Hello(
            key=self._key.public,
            display=self._display.kind,
            sentence=self._display.sentence,
            protected=self._display.protected,
        )
        self._send(encode_notification("dialog.hello", msgspec.json.encode(hello)))

    def receive(self, message: Message) -> None:
        """Does what a message of the Router asks."""
        message_id = None
        try:
            kind = message.kind  # what is none of any kind is answered without its id, which nobody waits for
            message_id = message.id if message.id is not msgspec.UNSET else None
            if kind is MessageKind.NOTIFICATION:
                self._notice(message)
            elif kind is MessageKind.REQUEST:
                self._show(message)
        except ProtocolError as error:
            self._send(encode_error(message_id, error_object(error)))

    def report(self, event: Event) -> None:
        """Takes an event of the face; one that comes while another is dealt with waits its turn."""
        self._events.append(event)
        if self._is_busy:
            return
        self._is_busy = True
        try:
            while self._events:
                self._apply(self._machine.handle(self._events.popleft(), self._clock()))
        finally:
            self._is_busy = False

    def _notice(self, message: Message) -> None:
        if message.method == "dialog.close":
            self.report(Withdraw(number=_decoded(_close, message).number))
        elif message.method == "dialog.finger":
            news = _decoded(_finger, message)
            self.report(Feel(number=news.number, finger=news.finger))
        elif message.method == "dialog.appearance":
            self._looks = _decoded(_looks, message)
        else:
            raise ProtocolError(ErrorCode.UNKNOWN_METHOD, f"the dialog knows no notification {message.method[:80]}")

    def _show(self, message: Message) -> None:
        if message.method != "dialog.show":
            raise ProtocolError(ErrorCode.UNKNOWN_METHOD, f"the dialog knows no request {message.method[:80]}")
        if self.face is None:
            raise ProtocolError(ErrorCode.NO_DIALOG, self._display.sentence)
        showing = _decoded(_showing, message)
        self._check(showing.request)
        if showing.number in self._asked:
            raise ProtocolError(ErrorCode.CONFLICT, f"the number {showing.number} is already shown or waits")
        if isinstance(message.id, int | str):
            self._asked[showing.number] = message.id
        self.report(Show(showing=showing))

    def _check(self, request: Request) -> None:
        """Raises ``ProtocolError`` for what could be shown but not answered, or not opened."""
        frame = getattr(request, "frame", None)
        if frame is not None and len(frame.logo) > _MAX_LOGO_BYTES:
            raise ProtocolError(ErrorCode.TOO_LARGE, f"a logo is larger than {_MAX_LOGO_BYTES} bytes")
        try:
            for key in sealing_keys(request):
                self._key.channel(key)
        except SealedValueError as error:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, str(error)) from None
        try:
            self._opened(request)
        except SealedValueError as error:
            raise ProtocolError(ErrorCode.STALE_KEY, str(error)) from None

    def _apply(self, effects: tuple[Effect, ...]) -> None:
        front, face = self._machine.state.front, self.face
        changed = any(isinstance(effect, Present | Clear) for effect in effects)
        try:
            if face is not None and front is None and changed:
                face.clear()  # before the answer: who hears it may write on the terminal that was taken
        finally:
            self._tell(effects)
        if face is None or front is None:
            return
        if changed:
            face.present(self._view(front))
        else:
            face.refresh(front)

    def _tell(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            match effect:
                case Settle(number=number, answer=answer):
                    self._send(encode_result(self._asked.pop(number), msgspec.json.encode(answer)))
                case Cancel(number=number):
                    self._fail(number, ErrorCode.CANCELLED, "the question was taken back")
                case Reject(number=number, reason=reason):
                    self._fail(number, ErrorCode.TOO_MANY, reason)
                case Present() | Clear():
                    pass

    def _view(self, front: Front) -> View:
        shown = self._opened(front.request)
        return View(
            front=front,
            content=content_of(front.request),
            display=self._display,
            looks=self._looks,
            shown_secret=shown,
            checked_group=1 if shown is None else 1 + secrets.randbelow(group_count(shown)),
            warnings=self._warnings,
        )

    def _fail(self, number: int, code: ErrorCode, reason: str) -> None:
        self._send(encode_error(self._asked.pop(number), error_object(ProtocolError(code, reason))))

    def _opened(self, request: Request) -> Secret | None:
        match request:
            case Reveal(sealed=sealed):
                return Secret(self._key.open(sealed, REVEALED_SECRET_FIELD))
            case ShowRecovery(sealed=sealed):
                return Secret(self._key.open(sealed, RECOVERY_FIELD))
            case _:
                return None

    def _seal(self, key: bytes, secret: Secret, field: str) -> bytes:
        return self._key.seal_to(key, secret.reveal(), field)


def _decoded(decoder: msgspec.json.Decoder[T], message: Message) -> T:
    try:
        return decoder.decode(message.params)
    except msgspec.DecodeError as error:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{message.method}: {error}") from None
