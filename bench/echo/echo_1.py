"""Echo: the typed Python of ``org.example.echo/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from etui.interfaces.binding import Request, Result

INTERFACE: Final = "org.example.echo/1"

__all__ = [
    "INTERFACE",
    "Say",
    "SayResult",
]


class SayResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``org.example.echo/1.say``."""

    METHOD: ClassVar[str] = "org.example.echo/1.say"

    text: str


class Say(Request[SayResult], frozen=True, kw_only=True, omit_defaults=True):
    """Say it again."""

    METHOD: ClassVar[str] = "org.example.echo/1.say"
    RESULT: ClassVar[type[Result]] = SayResult

    text: Annotated[str, Meta(max_length=4096)]
