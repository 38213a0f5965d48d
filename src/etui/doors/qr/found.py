"""What the process that decodes a picture says was in it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

MAX_CODES: Final = 64
MAX_PIXELS: Final = 50_000_000


class Refusal(Enum):
    """Why a picture is not decoded."""

    FORMAT = "it is no picture of PNG, JPEG or GIF"
    DAMAGED = "it is damaged"
    TOO_LARGE = f"it has more than {MAX_PIXELS // 1_000_000} million pixels: cut the code out of it"
    TOO_MANY = f"there are more than {MAX_CODES} codes in it: cut the one out that is to be paid"


class Found(msgspec.Struct, frozen=True):
    """One QR code: its bytes, and where its first corner is, in pixels from the left and from above."""

    payload: Annotated[bytes, Meta(max_length=8192)]
    x: int
    y: int


class Answer(msgspec.Struct, frozen=True):
    """Every code in a picture, or why it was not decoded."""

    codes: tuple[Found, ...] = ()
    refusal: Refusal | None = None
