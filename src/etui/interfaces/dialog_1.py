"""Trusted Dialog: the typed Python of ``dialog/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Request, Result

INTERFACE: Final = "dialog/1"

__all__ = [
    "INTERFACE",
    "AskSecret",
    "AskSecretResult",
    "Choose",
    "ChooseResult",
    "Message",
    "MessageResult",
    "Option",
    "ReadText",
    "ReadTextResult",
    "Reveal",
    "RevealResult",
]


class Option(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of the things to choose among."""

    id: Annotated[str, Meta(max_length=64)]
    label: Annotated[str, Meta(max_length=200)]
    detail: Annotated[str, Meta(max_length=1000)] | None = None


class MessageResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``dialog/1.message``."""

    METHOD: ClassVar[str] = "dialog/1.message"


class Message(Request[MessageResult], frozen=True, kw_only=True, omit_defaults=True):
    """Tell."""

    METHOD: ClassVar[str] = "dialog/1.message"
    RESULT: ClassVar[type[Result]] = MessageResult
    WAITS: ClassVar[bool] = True

    title: Annotated[str, Meta(max_length=120)]
    text: Annotated[str, Meta(max_length=4000)]


class ChooseResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``dialog/1.choose``."""

    METHOD: ClassVar[str] = "dialog/1.choose"

    chosen: Annotated[str, Meta(max_length=64)]


class Choose(Request[ChooseResult], frozen=True, kw_only=True, omit_defaults=True):
    """Let the user choose."""

    METHOD: ClassVar[str] = "dialog/1.choose"
    RESULT: ClassVar[type[Result]] = ChooseResult
    WAITS: ClassVar[bool] = True

    title: Annotated[str, Meta(max_length=120)]
    text: Annotated[str, Meta(max_length=1000)] | None = None
    options: Annotated[list[Option], Meta(max_length=200)]


class AskSecretResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``dialog/1.ask_secret``."""

    METHOD: ClassVar[str] = "dialog/1.ask_secret"
    SEALED: ClassVar[tuple[str, ...]] = ("secret",)

    secret: bytes


class AskSecret(Request[AskSecretResult], frozen=True, kw_only=True, omit_defaults=True):
    """Ask for a PIN or password."""

    METHOD: ClassVar[str] = "dialog/1.ask_secret"
    RESULT: ClassVar[type[Result]] = AskSecretResult
    WAITS: ClassVar[bool] = True

    title: Annotated[str, Meta(max_length=120)]
    text: Annotated[str, Meta(max_length=1000)] | None = None
    digits: bool | None = None


class RevealResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``dialog/1.reveal``."""

    METHOD: ClassVar[str] = "dialog/1.reveal"


class Reveal(Request[RevealResult], frozen=True, kw_only=True, omit_defaults=True):
    """Show a secret."""

    METHOD: ClassVar[str] = "dialog/1.reveal"
    RESULT: ClassVar[type[Result]] = RevealResult
    SEALED: ClassVar[tuple[str, ...]] = ("secret",)
    WAITS: ClassVar[bool] = True

    title: Annotated[str, Meta(max_length=1000)]
    secret: bytes


class ReadTextResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``dialog/1.read_text``."""

    METHOD: ClassVar[str] = "dialog/1.read_text"

    agreed: bool


class ReadText(Request[ReadTextResult], frozen=True, kw_only=True, omit_defaults=True):
    """Let a text be read.

    Answers once the text was shown to its end and agreed to.
    """

    METHOD: ClassVar[str] = "dialog/1.read_text"
    RESULT: ClassVar[type[Result]] = ReadTextResult
    WAITS: ClassVar[bool] = True

    title: Annotated[str, Meta(max_length=120)]
    text: Annotated[str, Meta(max_length=65536)]
