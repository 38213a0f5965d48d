"""What a program and a managed wallet say at ``/run/etui/UID/files``, where bytes of any size change hands.

Such a wallet opens no file that its person names. A program sends one message over this ``SOCK_SEQPACKET`` socket, and
beside it one end of a stream (``SCM_RIGHTS``), at whose other end it writes, or reads, itself.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

Token: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
"""32 hexadecimal digits, random: who knows it may name what was handed over."""


class Hand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="hand"):
    """With a stream, which a request to the Router then names by this token; answered by ``Held``."""

    token: Token


class Restore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="restore"):
    """With a stream, by which an archive comes; answered by ``Outcome``, after which the wallet starts anew."""


class Held(msgspec.Struct, frozen=True, kw_only=True, tag="held"):
    """It may be named now, as long as this connection is open."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, tag="outcome"):
    """What became of it: an empty ``message`` where it was done, else a sentence for people; ``status``: 1 or 2."""

    message: str = ""
    status: int = 0


FromProgram: TypeAlias = Hand | Restore
ToProgram: TypeAlias = Held | Outcome
