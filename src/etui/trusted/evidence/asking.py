"""A look that another process takes: the Router's own user cannot see what a person's processes run.

One connection is one look, so that a look which waits for what the other side serves holds nobody up. The descriptor
that pins the process travels beside the question; the Client's connection never does.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from etui.trusted.evidence.errors import EvidenceError
from etui.trusted.evidence.evidence import Evidence
from etui.trusted.evidence.peer import Peer

MAX_BYTES: Final = 64 << 10
_PATIENCE_S: Final = 4.0
_Id = Annotated[int, Meta(ge=0, lt=1 << 32)]


class Question(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is this? The members of `Peer`, and whether a bus named it; a pidfd travels beside it unless `bare`."""

    pid: _Id
    uid: _Id
    gid: _Id | None
    start_ticks: Annotated[int, Meta(ge=0)] | None
    weak: bool
    via_bus: bool
    bare: bool


class Answer(Struct, frozen=True, kw_only=True):
    """What was seen, or why nobody can say: ``problem`` is a sentence."""

    evidence: Evidence | None = None
    problem: str = ""


class RemoteLook:
    """Asks the process that listens at `path`; see `look_here` for what it takes and returns."""

    def __init__(self, path: Path) -> None:
        """`path`: the socket of the evidence process."""
        self._path = str(path)
        self._decoder = msgspec.json.Decoder(Answer)

    def __call__(self, peer: Peer, pidfd: int | None, *, via_bus: bool) -> Evidence:
        """Raise `EvidenceError` where nothing can be said, or nobody answers within four seconds."""
        question = Question(
            pid=peer.pid,
            uid=peer.uid,
            gid=peer.gid,
            start_ticks=peer.start_ticks,
            weak=peer.weak,
            via_bus=via_bus,
            bare=pidfd is None,
        )
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC) as connection:
                connection.settimeout(_PATIENCE_S)
                connection.connect(self._path)
                socket.send_fds(connection, [msgspec.json.encode(question)], [] if pidfd is None else [pidfd])
                answer = self._decoder.decode(connection.recv(MAX_BYTES))
        except (OSError, msgspec.DecodeError) as error:
            raise EvidenceError(f"The evidence process at {self._path} does not answer: {error}") from None
        if answer.evidence is None:
            raise EvidenceError(answer.problem)
        return answer.evidence
