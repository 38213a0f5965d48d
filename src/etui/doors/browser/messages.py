"""What host, extension and door say to each other: one JSON object a frame; ``docs/browser.md`` has them for others.

``do`` names what is asked of the door, ``is`` what the door says. Bytes are standard base64.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from etui.sdk import ErrorCode, ProtocolError

VERSION: Final = 1
ABSENT: Final = "absent"
_LOCKED: Final = "locked"
_UNAVAILABLE: Final = "unavailable"

_Number = Annotated[int, Meta(ge=0, lt=1 << 31)]
_Key = Annotated[bytes, Meta(min_length=32, max_length=32)]


class HostArguments(msgspec.Struct, frozen=True, tag_field="do", tag="host"):
    """From the host, first and once: with what the browser started it."""

    arguments: Annotated[list[Annotated[str, Meta(max_length=500)]], Meta(max_length=4)]


class Pair(msgspec.Struct, frozen=True, tag_field="do", tag="pair"):
    """Have this browser profile paired. ``key``: an uncompressed point of P-256. ``name``: what it calls itself."""

    id: _Number
    key: Annotated[bytes, Meta(min_length=65, max_length=65)]
    name: Annotated[str, Meta(min_length=1, max_length=80)]


class Prove(msgspec.Struct, frozen=True, tag_field="do", tag="prove"):
    """The challenge of the last ``State``, signed."""

    pairing: Annotated[str, Meta(max_length=32)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


class Open(msgspec.Struct, frozen=True, tag_field="do", tag="open"):
    """A frame of a page: its origin, by the browser's word, and the X25519 key to which its answers are sealed."""

    frame: _Number
    origin: Annotated[str, Meta(max_length=300)]
    key: _Key


class Close(msgspec.Struct, frozen=True, tag_field="do", tag="close"):
    """A frame is gone, and whatever it asked for with it."""

    frame: _Number


class Call(msgspec.Struct, frozen=True, tag_field="do", tag="call"):
    """What a page's script asks for.

    ``quiet``: rather no than a question to the user. ``gesture``: a click or the press of a key of its user's led to
    it. ``leave``: the page that the frame is in lets it ask its user. Without both nobody is asked.
    """

    frame: _Number
    id: _Number
    method: Annotated[str, Meta(max_length=200)]
    params: msgspec.Raw = msgspec.Raw(b"{}")
    quiet: bool = False
    gesture: bool = False
    leave: bool = False

    @property
    def lacks(self) -> str:
        """What is missing for anybody to be asked, in words; empty where nothing is."""
        if not self.gesture:
            return "a click or the press of a key"
        return "" if self.leave else 'the leave of the page that it is in (allow="payment")'


class Fill(msgspec.Struct, frozen=True, tag_field="do", tag="fill"):
    """What the extension itself asks for about the logins of a frame's site.

    ``login``, ``code``: a login with its password, or a one-time code; which one, where there are several, the user
    says to the wallet. ``ends``: the key to which what is saved is sealed; of the provider of ``item`` where that is
    given. ``save``: keeps ``value`` under the name ``user``, or in place of the value of ``item``.

    ``page``: a script of the page has asked the extension for it, and not its user by what the extension shows.
    ``gesture``: a click or the press of a key of its user's led to that. ``leave``: its frame is in no page of another
    origin.
    """

    frame: _Number
    id: _Number
    what: Literal["login", "code", "ends", "save"]
    item: Annotated[str, Meta(max_length=500)] = ""
    user: Annotated[str, Meta(max_length=400)] = ""
    value: Annotated[bytes, Meta(max_length=16_384)] = b""
    page: bool = False
    gesture: bool = False
    leave: bool = False

    @property
    def is_unasked(self) -> bool:
        """Whether a page's script asks for it out of the blue, or in a page of another origin."""
        return self.page and not (self.gesture and self.leave)


class Cancel(msgspec.Struct, frozen=True, tag_field="do", tag="cancel"):
    """A call is given up; it is not answered any more."""

    id: _Number


Asked: TypeAlias = Pair | Prove | Open | Close | Call | Fill | Cancel


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="is", tag="state"):
    """How the wallet stands to this browser.

    ``absent``: nobody is there. ``locked``. ``unproven``: prove yourself by ``challenge`` (32 bytes), or have yourself
    paired; without a challenge the last proof was refused, for the reason in ``message``. ``ready``.
    """

    state: Literal["absent", "locked", "unproven", "ready"]
    version: int = msgspec.field(default=0)
    challenge: bytes = b""
    message: str = ""


class Failure(msgspec.Struct, frozen=True):
    """An error as a page is told it: ``code`` is the Router's, ``locked``, ``absent`` or ``unavailable``.

    The id of the audit's record is not told. Ids count up, so two sites that compare theirs would know that they have
    the same visitor.
    """

    code: str
    message: str


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="is", tag="answer"):
    """What answers a call: one of ``result`` and ``error``."""

    id: int
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: Failure | msgspec.UnsetType = msgspec.UNSET


_host: Final = msgspec.json.Decoder(HostArguments)
_asked: Final[msgspec.json.Decoder[Asked]] = msgspec.json.Decoder(Asked)
encode: Final = msgspec.json.encode


def host_arguments(text: bytes) -> list[str]:
    """With what the host was started; raises ``msgspec.DecodeError``."""
    return _host.decode(text).arguments


def asked(text: bytes) -> Asked:
    """What an extension asks; raises ``msgspec.DecodeError``."""
    return _asked.decode(text)


def failure(error: ProtocolError) -> Failure:
    """The error for a page."""
    return Failure(error.code.slug, error.message)


def unasked(error: ProtocolError, lacks: str) -> Failure:
    """The error of a call about which nobody was asked, and what it lacks for that."""
    return Failure(error.code.slug, f"{error.message}; for this page nobody is, without {lacks}")


def unpaid(lacks: str) -> Failure:
    """What is answered of a receipt that was handed over by a page which the wallet never paid through."""
    text = f"the wallet has paid nothing through this page, and takes no receipt of it without {lacks}"
    return Failure(ErrorCode.DENIED.slug, text)


UNASKED: Final = Failure(
    ErrorCode.DENIED.slug,
    "a login is filled for a page's script in a click or the press of a key, and in no frame of another origin's page",
)
NOT_FILLED: Final = Failure(ErrorCode.NOT_NOW.slug, "the wallet has filled nothing in")
LOCKED_NOW: Final = Failure(_LOCKED, "the wallet is locked: unlock it and ask again")
NOT_PAIRED: Final = Failure(ABSENT, "this browser is not paired with the wallet: the extension's button does that")
LOST: Final = Failure(_UNAVAILABLE, "the wallet ended before it answered: ask it what became of the call")
TOO_MANY: Final = Failure(ErrorCode.TOO_MANY.slug, "too many calls of this page wait already: wait for an answer")
NO_FRAME: Final = Failure(ErrorCode.INVALID_REQUEST.slug, "this frame is not open, or too many of its site are")
TOO_LARGE: Final = Failure(ErrorCode.TOO_LARGE.slug, "the answer is larger than a browser reads from a host")
