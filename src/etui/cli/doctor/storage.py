"""Where the wallet's data and its socket lie: space, kind of file system, whose the folders are."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

import msgspec

from etui.cli.doctor.findings import Finding, Machine, State, holds
from etui.cli.output import single_line

_MIB: Final = 1024**2
_FULL_BYTES: Final = 16 * _MIB
_SCARCE_BYTES: Final = 256 * _MIB
_REMOTE: Final = frozenset(
    {"9p", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "gfs2", "lustre", "nfs", "nfs4", "ocfs2", "smb3"}
)
_MOVE: Final = "ETUI_HOME names a folder on a disk of this machine; `etui export` and `etui restore` move a wallet"
_UNSYNCED: Final = frozenset({"barrier=0", "nobarrier"})
"""Mount options by which a file system does not wait for the disk. Source: ext4(5), xfs(5)."""
_LOST_WITH_POWER: Final = "What the wallet says is kept, as a payment, may be lost when power fails."
_NO_SYNC: Final = "libeatmydata"


class Mount(msgspec.Struct, frozen=True):
    """A line of ``/proc/self/mountinfo``, as far as it is needed."""

    point: str
    kind: str
    options: frozenset[str]


def mount_of(path: Path, mountinfo: str) -> Mount | None:
    """The mount that a path lies on. Source: proc_pid_mountinfo(5)."""
    found = None
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields, behind = before.split(), after.split()
        if len(fields) < 6 or len(behind) < 3:  # noqa: PLR2004  # the fields that are always there
            continue
        point = _unescaped(fields[4])
        # Of two on one point the later one covers the other.
        if path.is_relative_to(point) and (found is None or len(point) >= len(found.point)):
            options = frozenset({*fields[5].split(","), *behind[2].split(",")})
            found = Mount(point, behind[0], options)
    return found


def _unescaped(text: str) -> str:
    for octal, character in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        text = text.replace(octal, character)
    return text


def file_system(machine: Machine) -> Finding:
    """Whether the profile lies where what was written stays."""
    mount = mount_of(machine.wallet.resolve(), machine.read("/proc/self/mountinfo"))
    if mount is None:
        return Finding(State.UNSEEN, f"It is not known what {machine.wallet} lies on.")
    here = single_line(f"The profile {machine.wallet} lies on {mount.point} ({mount.kind})")
    finding = _by_kind(mount, here) or _by_sync(mount, here, machine.environ.get("LD_PRELOAD", ""))
    return finding or holds(f"{here}, where a write that was synced stays.")


def _by_kind(mount: Mount, here: str) -> Finding | None:
    match mount.kind:
        case kind if kind in _REMOTE:
            text = "Locks and durable writes of the store are not sure there, and two machines may open it at once."
            return Finding(State.WEAKENS, f"{here}, which is another machine's.", text, _MOVE)
        case "tmpfs" | "ramfs":
            return Finding(
                State.WEAKENS, f"{here}, which is memory.", "The wallet is gone when this machine ends.", _MOVE
            )
        case "overlay":
            text = "In a container the wallet is gone with the container, unless a volume is mounted there."
            return Finding(State.LIMITS, f"{here}.", text, _MOVE)
        case _:
            return None


def _by_sync(mount: Mount, here: str, preloaded: str) -> Finding | None:
    if "ro" in mount.options:
        return Finding(State.STOPS, f"{here}, which is read-only.", "The wallet does not start.", _MOVE)
    if unsynced := sorted(_UNSYNCED & mount.options):
        found, cure = f"{here}, mounted with {unsynced[0]}.", f"take {unsynced[0]} out of /etc/fstab"
        return Finding(State.WEAKENS, found, _LOST_WITH_POWER, cure)
    if _NO_SYNC in preloaded:
        found = f"LD_PRELOAD has {_NO_SYNC}, which keeps writes from the disk."
        return Finding(State.WEAKENS, found, _LOST_WITH_POWER, "unset it")
    return None


def space(machine: Machine) -> Finding:
    """Whether there is room for what the wallet writes."""
    place = _existing(machine.wallet)
    figures = os.statvfs(place)
    free = figures.f_bavail * figures.f_frsize
    cure = f"free some there; `df -h {place}` and `df -i {place}` show it"
    if free < _FULL_BYTES or (figures.f_files and not figures.f_favail):
        what = f"{free // _MIB} MiB are free" if free < _FULL_BYTES else "No file can be added"
        text = "Nothing is stored, and nothing done that has to be recorded first."
        return Finding(State.STOPS, single_line(f"{what} on the disk of {place}."), text, cure)
    if free < _SCARCE_BYTES:
        text = "The wallet's store and its record grow, and stop when the disk is full."
        return Finding(State.WEAKENS, single_line(f"{free // _MIB} MiB are free on the disk of {place}."), text, cure)
    return holds(f"{free // _MIB} MiB are free for the profile.")


def profile(machine: Machine) -> Finding:
    """Whether the profile's folder is its user's alone."""
    folder = machine.wallet
    try:
        there = folder.stat()
    except FileNotFoundError:
        parent = _existing(folder)
        if os.access(parent, os.W_OK | os.X_OK):
            return holds(single_line(f"There is no profile in {folder} yet, and one can be made."))
        found = single_line(f"{parent} is not yours to write to.")
        return Finding(State.STOPS, found, "No wallet can be made there.", "ETUI_HOME names another folder")
    return _private(machine, folder, there, "The wallet does not start.")


def runtime(machine: Machine) -> Finding:
    """Whether the folder of the wallet's socket is its user's alone, and is one that the system keeps."""
    if machine.misplaced:
        found = f"There is no place for the wallet's socket: {machine.misplaced}."
        return Finding(State.STOPS, found, "The wallet cannot listen.")
    if (folder := machine.runtime).exists():
        text = "The wallet does not start, so that nobody else listens in its place."
        finding = _private(machine, folder, folder.lstat(), text)
        if finding.state is not State.HOLDS:
            return finding
    if machine.environ.get("XDG_RUNTIME_DIR"):
        parent = _existing(folder)
        if os.access(parent, os.W_OK | os.X_OK):
            return holds(single_line(f"The wallet listens in {folder}."))
        cure = "XDG_RUNTIME_DIR names a folder of yours; `su` and `sudo` may have left another user's there"
        found = single_line(f"{parent} is not yours to write to.")
        return Finding(State.STOPS, found, "The wallet cannot listen.", cure)
    return Finding(
        State.LIMITS,
        f"XDG_RUNTIME_DIR is not set, so the wallet listens below {folder}.",
        "Programs that have that variable look for it elsewhere, and who cleans /tmp may remove its socket.",
        f"log in by a way that has pam_systemd, or `export XDG_RUNTIME_DIR=/run/user/{machine.uid}` if it is there",
    )


def _private(machine: Machine, folder: Path, found: os.stat_result, consequence: str) -> Finding:
    if not stat.S_ISDIR(found.st_mode):
        return Finding(State.STOPS, single_line(f"{folder} is no folder."), consequence, single_line(f"`rm {folder}`"))
    if found.st_uid != machine.uid:
        whose = single_line(f"{folder} belongs to another user (uid {found.st_uid}).")
        return Finding(State.STOPS, whose, consequence, "run etui as that user, or ETUI_HOME names another folder")
    if stat.S_IMODE(found.st_mode) & 0o077:
        cure = single_line(f"`chmod 700 {folder}`")
        return Finding(State.STOPS, single_line(f"{folder} is open to other users."), consequence, cure)
    return holds(single_line(f"{folder} is yours alone."))


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next(each for each in (path, *path.parents) if each.exists())
