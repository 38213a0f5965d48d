"""The judgement: from what is known of a process and its ancestors to who it is; pure.

Rules, in order; the first that applies decides:

1. Another uid than the wallet's is that user: `uid:N`, verified; a lasting system service of
   another uid is `unit:system/NAME`. A number that stands for many (the overflow uid, the range
   that `DynamicUser=` lends) cannot be told apart.
2. A process that is not visible, that changed its user since it connected, whose program may not be
   read or whose path leads to another file here is `session:UID`. Only its unit can still tell it.
3. Inside the sandbox of a package it is that package.
4. What lies where another user could put something else in its place is `session:UID`, whatever its unit.
5. A program that is no deputy is `app:PATH`, with `*` for a version (`versions`); claimed, where its path is in a
   store that takes programs of any name. What runs from an AppImage has another path at each start:
   it is `appimage:PATH` by the AppImage's file, claimed, since only its environment names that, and
   `session:UID` where nothing does.
6. A deputy acts for whoever called it. Going up, the first script is noted, and the first ancestor
   that is no deputy ends the search: a container of sessions yields nothing, another program is
   who asked. If everything up to the border of a lasting service unit is a deputy, it is the unit.
   A script outlives neither: `script:PATH@ANCHOR`, where ANCHOR is the program that ended the
   search, or `session`. What remains is `session:UID`.

What comes through a deputy from a program or a script is claimed: it shows who started the tool,
not who wanted it. A bus that belongs to the user makes nothing better than observed.

    /opt/shop-1.2.3/shop                                        app:/opt/shop-*/shop
    /tmp/.mount_Shop4f2c1a/shop                                 appimage:/home/u/Shop.AppImage, claimed
    secret-tool ◄─ bash backup.sh ◄─ bash ◄─ gnome-terminal     script:/home/u/backup.sh@session
    secret-tool ◄─ bash ◄─ gnome-terminal                       session:1000
    secret-tool ◄─ /usr/bin/mailer                              app:/usr/bin/mailer, claimed
    secret-tool ◄─ bash job.sh ◄─ systemd, in backup.service    unit:user/backup.service
"""

import posixpath

from msgspec import Struct

from etui.trusted.evidence import sentences
from etui.trusted.evidence.appimages import acts_for_others, mount_of
from etui.trusted.evidence.containers import holds_a_session, names_one_service
from etui.trusted.evidence.deputies import deputy_kind, is_tool_script
from etui.trusted.evidence.evidence import Evidence, Note, Strength, escaped, printable
from etui.trusted.evidence.peer import Peer
from etui.trusted.evidence.process import Process, Unit
from etui.trusted.evidence.sandboxes import Package, package
from etui.trusted.evidence.versions import is_in_store, lasting, lasting_script

_OVERFLOW_UID = 65534  # /proc/sys/kernel/overflowuid, where a user namespace has no name for it
_TRANSIENT_UIDS = range(61184, 65520)  # systemd, "Users, Groups, UIDs and GIDs": DynamicUser=

Lineage = tuple[Process, ...]


class _Finding(Struct, frozen=True, kw_only=True):
    """What a rule concluded, before the facts that hold whatever the conclusion."""

    principal: str
    label: str
    strength: Strength
    sentence: str
    distinguishable: bool = True
    deputy: str | None = None
    script: str | None = None
    notes: frozenset[Note] = frozenset()


class _Caller(Struct, frozen=True):
    """Whom a deputy acts for: a program, a unit, or neither; and the script between, if any.

    ``kind`` of a program: `app`, or `appimage` for the file of one. ``shared``: what would be any of them lies where
    another user could put something else in its place.
    """

    program: str | None
    unit: Unit | None
    script: str | None
    kind: str = "app"
    shared: bool = False


def identify(lineage: Lineage, *, peer: Peer, wallet_uid: int, via_bus: bool) -> Evidence:
    """Say who `peer` is.

    Args:
        lineage: the process and its ancestors, itself first; empty if the system shows nothing.
        peer: what the kernel, or the bus, said when it connected.
        wallet_uid: the user whose wallet this is.
        via_bus: a bus that belongs to the user named the peer.

    """
    process = lineage[0] if lineage else None
    finding = _finding(lineage, peer, wallet_uid)
    unit = process.unit if process is not None else None
    executable = process.executable if process is not None else None
    notes = finding.notes | _circumstances(process, peer, via_bus=via_bus)
    return Evidence(
        principal=finding.principal,
        label=printable(finding.label),
        strength=min(finding.strength, Strength.OBSERVED) if via_bus else finding.strength,
        distinguishable=finding.distinguishable,
        deputy=finding.deputy,
        uid=peer.uid,
        pid=peer.pid,
        start_ticks=peer.start_ticks if process is None else process.start_ticks,
        exe=None if executable is None else escaped(executable.path),
        unit=None if unit is None else escaped(str(unit)),
        script=None if finding.script is None else escaped(finding.script),
        terminal=_terminal(lineage),
        sentence=printable(finding.sentence),
        notes=tuple(note for note in Note if note in notes),
    )


def _finding(lineage: Lineage, peer: Peer, wallet_uid: int) -> _Finding:
    if peer.uid != wallet_uid:
        return _other_user(lineage, peer)
    if not lineage or lineage[0].uid != peer.uid:
        return _obscure(peer, None, Note.USER_CHANGED if lineage else Note.UNSEEN)
    process = lineage[0]
    sandbox = package(process)
    if sandbox is not None:
        return _packaged(sandbox)
    executable = process.executable
    if executable is None or not executable.located or process.shared:
        return _without_a_name(process, peer)
    if deputy_kind(executable.path) is not None:
        return _deputy(lineage, peer)
    return _program(executable.path) if mount_of(executable.path) is None else _appimage(process, peer)


def _without_a_name(process: Process, peer: Peer) -> _Finding:
    """Conclude about a process whose program is not known, or could be anybody's tomorrow."""
    executable = process.executable
    if executable is None:
        return _obscure(peer, process, Note.UNREADABLE)
    if not executable.located:
        return _obscure(peer, process, Note.PROGRAM_ELSEWHERE)
    return _obscure(peer, None, Note.PROGRAM_SHARED)


def _packaged(sandbox: Package) -> _Finding:
    by_user = sandbox.strength is not Strength.VERIFIED
    return _Finding(
        principal=sandbox.principal,
        label=sandbox.name,
        strength=sandbox.strength,
        sentence=sentences.packaged(sandbox.name, by_user=by_user),
        notes=frozenset({Note.SANDBOX_OF_USER}) if by_user else frozenset(),
    )


def _program(path: str) -> _Finding:
    stored = is_in_store(path)
    return _Finding(
        principal=f"app:{lasting(path)}",
        label=posixpath.basename(path),
        strength=Strength.CLAIMED if stored else Strength.OBSERVED,
        sentence=sentences.program(path),
        notes=frozenset({Note.PROGRAM_IN_STORE}) if stored else frozenset(),
    )


def _appimage(process: Process, peer: Peer) -> _Finding:
    path = process.appimage
    if path is None:
        return _obscure(peer, process, Note.APPIMAGE_UNNAMED)
    return _Finding(
        principal=f"appimage:{lasting(path)}",
        label=posixpath.basename(path),
        strength=Strength.CLAIMED,
        sentence=sentences.appimage(path),
    )


def _other_user(lineage: Lineage, peer: Peer) -> _Finding:
    unit = lineage[0].unit if lineage else None
    if unit is not None and unit.manager_uid is None and names_one_service(unit):
        return _Finding(
            principal=f"unit:{escaped(str(unit))}",
            label=unit.name,
            strength=Strength.VERIFIED,
            sentence=sentences.system_service(unit.name, peer.uid),
        )
    unmapped, transient = peer.uid == _OVERFLOW_UID, peer.uid in _TRANSIENT_UIDS
    notes = {Note.USER_UNMAPPED: unmapped, Note.USER_TRANSIENT: transient}
    return _Finding(
        principal=f"uid:{peer.uid}",
        label=f"user {peer.uid}",
        strength=Strength.CLAIMED if unmapped else Strength.VERIFIED,
        distinguishable=not (unmapped or transient),
        sentence=sentences.other_user(peer.uid),
        notes=frozenset(note for note, applies in notes.items() if applies),
    )


def _obscure(peer: Peer, process: Process | None, why: Note) -> _Finding:
    """Conclude about a process whose program is not known: its unit at best."""
    unit = process.unit if process is not None and _lasting(process, peer) else None
    if unit is not None:
        return _of_unit(unit, tool=None, script=None, notes=frozenset({why}))
    return _Finding(
        principal=f"session:{peer.uid}",
        label="a program of this session",
        strength=Strength.CLAIMED,
        distinguishable=False,
        sentence=sentences.obscure(why),
        notes=frozenset({why}),
    )


def _of_unit(unit: Unit, tool: str | None, script: str | None, notes: frozenset[Note]) -> _Finding:
    label = unit.name if tool is None else f"{tool}, called by {unit.name}"
    return _Finding(
        principal=f"unit:{escaped(str(unit))}",
        label=label,
        strength=Strength.OBSERVED,
        deputy=tool,
        script=script,
        sentence=sentences.service(unit.name),
        notes=notes,
    )


def _deputy(lineage: Lineage, peer: Peer) -> _Finding:
    process = lineage[0]
    tool = _tool(process)
    caller = _caller(lineage, peer)
    if caller.shared:
        return _obscure(peer, None, Note.PROGRAM_SHARED)
    own_script = caller.script is not None and caller.script == process.script
    if caller.unit is not None:
        return _of_unit(caller.unit, tool, caller.script, frozenset())
    if caller.script is not None:
        name = posixpath.basename(caller.script)
        anchor = "session" if caller.program is None else lasting(caller.program)
        return _Finding(
            principal=f"script:{lasting_script(caller.script)}@{anchor}",
            label=f"{name}, run by {tool}" if own_script else f"{tool}, called by {name}",
            strength=Strength.CLAIMED,
            deputy=tool,
            script=caller.script,
            sentence=sentences.script(caller.script, caller.program),
            notes=frozenset({Note.THROUGH_DEPUTY}),
        )
    if caller.program is not None:
        return _Finding(
            principal=f"{caller.kind}:{lasting(caller.program)}",
            label=f"{tool}, called by {posixpath.basename(caller.program)}",
            strength=Strength.CLAIMED,
            deputy=tool,
            sentence=_through(caller.program, caller.kind, tool),
            notes=frozenset({Note.THROUGH_DEPUTY}),
        )
    return _Finding(
        principal=f"session:{peer.uid}",
        label=f"{tool}, in this session",
        strength=Strength.CLAIMED,
        distinguishable=False,
        deputy=tool,
        sentence=sentences.session(tool),
        notes=frozenset({Note.THROUGH_DEPUTY}),
    )


def _through(path: str, kind: str, tool: str) -> str:
    return sentences.appimage(path) if kind == "appimage" else sentences.program_through(path, tool)


def _tool(process: Process) -> str:
    """Return the short name of a deputy: the tool's, even if that is a script itself."""
    if process.script is not None and is_tool_script(process.script):
        return posixpath.basename(process.script)
    return "" if process.executable is None else posixpath.basename(process.executable.path)


def _caller(lineage: Lineage, peer: Peer) -> _Caller:
    """Go up from a deputy to whom it acts for, as rule 6 says."""
    unit = lineage[0].unit if _lasting(lineage[0], peer) else None
    script: str | None = None
    for process in lineage:
        if unit is not None and process.unit != unit:
            return _Caller(None, unit, script)
        executable = process.executable
        if process.uid != peer.uid or executable is None or not executable.located:
            return _Caller(None, None, script)
        if process.shared:
            return _Caller(None, None, None, shared=True)
        if deputy_kind(executable.path) is None:
            ends = holds_a_session(executable.path)
            return _Caller(None, None, script) if ends else _calling(process, executable.path, script)
        mounted = mount_of(process.script or executable.path) is not None
        if mounted and process.appimage is not None and not acts_for_others(process.appimage):
            return _calling(process, executable.path, script)
        if script is None and not mounted and process.script is not None and not is_tool_script(process.script):
            script = process.script
    return _Caller(None, None, script)


def _calling(process: Process, path: str, script: str | None) -> _Caller:
    """The program that calls a deputy: what an AppImage brings, a deputy of its own too, is that AppImage."""
    if mount_of(process.script or path) is None:
        return _Caller(path, None, script)
    return _Caller(process.appimage, None, script, "appimage")


def _terminal(lineage: Lineage) -> str | None:
    """Name the session of a terminal: its device, and the ancestor that leads the session, with its start."""
    if not lineage or lineage[0].tty == 0:
        return None
    leader = next((process for process in lineage if process.pid == lineage[0].session), None)
    return None if leader is None else f"{leader.tty}:{leader.pid}:{leader.start_ticks}"


def _lasting(process: Process, peer: Peer) -> bool:
    """Say whether the unit of `process` is one lasting service that nobody types into."""
    unit = process.unit
    return unit is not None and process.tty == 0 and unit.manager_uid in {None, peer.uid} and names_one_service(unit)


def _circumstances(process: Process | None, peer: Peer, *, via_bus: bool) -> frozenset[Note]:
    executable = process.executable if process is not None else None
    applies = {
        Note.NOT_PINNED: peer.weak,
        Note.THROUGH_BUS: via_bus,
        Note.UNSEEN: process is None,
        Note.FOREIGN_NAMESPACE: process is not None and bool(process.foreign),
        Note.PROGRAM_DELETED: executable is not None and executable.deleted,
        Note.PROGRAM_WRITABLE: executable is not None and executable.writable,
        Note.UNREADABLE: process is not None and executable is None,
    }
    return frozenset(note for note, holds in applies.items() if holds)
