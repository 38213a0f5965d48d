"""Who asks: a Client, a door's peer, a door or an Extension, as the Router found them to be."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Final

import msgspec

from etui.trusted.audit import Strength as AuditStrength
from etui.trusted.audit import Subject
from etui.trusted.dialog.requests import Asker
from etui.trusted.dialog.requests import Strength as DialogStrength
from etui.trusted.evidence import Evidence, Strength
from etui.trusted.policy import Principal, PrincipalType
from etui.trusted.router.turns import Lane

if TYPE_CHECKING:
    from etui.trusted.router.registry import Provider

RANKS: Final = {Strength.CLAIMED: 1, Strength.OBSERVED: 2, Strength.VERIFIED: 3}
_OUTSIDE_SESSION: Final = ("flatpak:", "snap:", "uid:", "unit:system/")
SESSION_GROUP: Final = "session"
_COMMAND: Final = "etui"


class Caller(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One principal at one connection.

    ``key``: the X25519 public key of its session, to which answers are sealed. ``through``: who speaks for it, the door
    last, with their names for people. ``installation``: an Extension's. ``lane``: by which its questions come. ``uid``:
    as the kernel names who connected to the Router's own socket; None for anybody else.
    """

    principal: Principal
    label: str
    sentence: str
    strength: Strength
    key: bytes = b""
    through: tuple[str, ...] = ()
    names_through: tuple[str, ...] = ()
    installation: str = ""
    lane: Lane = Lane.PROGRAMS
    uid: int | None = None

    @property
    def identity(self) -> str:
        """What an Extension's pseudonym of it is made of: an Extension's installation outlives no removal."""
        return self.installation or self.principal.id

    @property
    def extension(self) -> str:
        """The Extension that it is; empty for a program or a door."""
        return self.principal.id if self.principal.type is PrincipalType.EXTENSION else ""

    @property
    def is_page(self) -> bool:
        """Whether it is a page of a paired browser."""
        return self.lane is Lane.PAGES

    @property
    def process_group(self) -> str:
        """Names the process at the other end, as a set of Clients of one; empty where it is not known."""
        return self._group("process:")

    @property
    def terminal_group(self) -> str:
        """Names all that was started in its terminal; empty where it has none."""
        return self._group("terminal:")

    def apart(self) -> Caller:
        """The same, without what it has from its terminal."""
        groups = tuple(group for group in self.principal.groups if group != self.terminal_group)
        return msgspec.structs.replace(self, principal=msgspec.structs.replace(self.principal, groups=groups))

    def _group(self, prefix: str) -> str:
        return next((group for group in self.principal.groups if group.startswith(prefix)), "")

    @property
    def asker(self) -> Asker:
        """What the dialog shows of it."""
        return Asker(
            name=self.label,
            principal=self.principal.id,
            strength=DialogStrength(self.strength.value),
            sentence=self.sentence,
            through=self.names_through,
        )

    @property
    def subject(self) -> Subject:
        """What the audit records of it."""
        return Subject(self.principal.id, self.label, AuditStrength(self.strength.value), self.sentence)


def caller_of(evidence: Evidence, *, key: bytes, door: Caller | None = None) -> Caller:
    """The caller that the evidence shows; ``door``: which speaks for it."""
    groups = [f"process:{evidence.uid}:{evidence.pid}:{evidence.start_ticks}"]
    if evidence.terminal is not None:
        groups.append(f"terminal:{evidence.uid}:{evidence.terminal}")
    if not evidence.principal.startswith(_OUTSIDE_SESSION):
        groups.append(SESSION_GROUP)
    principal = Principal(
        type=PrincipalType.CLIENT,
        id=evidence.principal,
        strength=RANKS[evidence.strength],
        groups=tuple(groups),
        tellable=evidence.distinguishable,
    )
    sentence = " ".join([evidence.sentence, *(note.sentence for note in evidence.notes)])
    return Caller(
        principal=principal,
        label=evidence.label,
        sentence=sentence,
        strength=evidence.strength,
        key=key,
        through=() if door is None else (door.principal.id,),
        names_through=() if door is None else (door.label,),
        lane=Lane.TYPED if _is_typed(evidence) and door is None else Lane.PROGRAMS,
        uid=evidence.uid if door is None else None,
    )


def _is_typed(evidence: Evidence) -> bool:
    """Whether a person called the wallet's own command at a terminal, as far as that can be seen: no script did."""
    return evidence.deputy == _COMMAND and evidence.terminal is not None and evidence.script is None


def door_caller(name: str) -> Caller:
    """A door, which the supervisor started."""
    principal = Principal(type=PrincipalType.DOOR, id=f"door:{name}", strength=RANKS[Strength.VERIFIED])
    return Caller(principal=principal, label=name, sentence="A door of this wallet.", strength=Strength.VERIFIED)


def provider_caller(provider: Provider) -> Caller:
    """What serves interfaces and was started by the supervisor, with what its manifest lets it use."""
    manifest = provider.package.manifest if provider.package is not None else None
    principal = Principal(
        type=PrincipalType.EXTENSION,
        id=provider.principal,
        strength=RANKS[Strength.VERIFIED],
        uses=tuple(manifest.uses) if manifest is not None else (),
        hosts=tuple(manifest.permissions.network) if manifest is not None else (),
    )
    return Caller(
        principal=principal,
        label=provider.name,
        sentence=f"The Extension {provider.principal}." if manifest is not None else "A part of this terminal.",
        strength=Strength.VERIFIED,
        installation=provider.installation,
    )


def pseudonym(key: bytes, extension: str, client: str) -> str:
    """The name by which an Extension knows a Client: the same each time, another for another Extension."""
    digest = hmac.new(key, f"{extension}\0{client}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:15]).decode().lower()
