"""Parsers of what the kernel writes under `/proc/PID`, pure.

Every one takes the whole text of a file and raises `ValueError` if it is not what proc(5) says.
"""

from msgspec import Struct

from etui.trusted.evidence.process import Unit


class Stat(Struct, frozen=True):
    """The fields of `/proc/PID/stat` that are used: state, parent, session, terminal and start."""

    state: str
    ppid: int
    session: int
    tty: int
    start_ticks: int


class Status(Struct, frozen=True):
    """The effective user of `/proc/PID/status`, and every group that the process is in."""

    uid: int
    groups: frozenset[int]


class Cgroup(Struct, frozen=True):
    """The paths of `/proc/PID/cgroup` in systemd's hierarchy and in the version 1 freezer."""

    path: str
    freezer: str


def stat(text: str) -> Stat:
    """Parse `/proc/PID/stat`; the name in it may hold blanks, parentheses and line ends.

    Source: proc_pid_stat(5), fields 3 (state), 4 (ppid), 6 (session), 7 (tty_nr) and 22 (starttime).
    """
    _, parenthesis, rest = text.rpartition(")")
    fields = rest.split()
    if not parenthesis or len(fields) < 20:  # noqa: PLR2004 - field 22, counted from field 3
        message = "This is no /proc/PID/stat."
        raise ValueError(message)
    return Stat(fields[0], int(fields[1]), int(fields[3]), int(fields[4]), int(fields[19]))


def status(text: str) -> Status:
    """Parse `/proc/PID/status`.

    Source: proc_pid_status(5); `Uid` and `Gid` list real, effective, saved and file system id.
    """
    uids, gids, groups = (_status_line(text, name) for name in ("Uid", "Gid", "Groups"))
    if len(uids) < 2 or len(gids) < 2:  # noqa: PLR2004 - the effective one is the second
        message = "This is no /proc/PID/status."
        raise ValueError(message)
    return Status(uids[1], frozenset({gids[1], *groups}))


def _status_line(text: str, name: str) -> list[int]:
    """The numbers behind a name; the process's own name, in the first line, holds no line end."""
    _, found, rest = text.partition(f"\n{name}:")
    return [int(number) for number in rest.partition("\n")[0].split()] if found else []


def cgroup(text: str) -> Cgroup:
    """Parse `/proc/PID/cgroup`.

    Source: cgroups(7), `hierarchy-ID:controller-list:cgroup-path` on each line. systemd keeps its
    units in `name=systemd` (version 1 and hybrid) or in the unified hierarchy 0.
    """
    unified = named = freezer = ""
    for line in text.split("\n"):
        if not line:
            continue
        hierarchy, controllers, path = line.split(":", 2)
        if "name=systemd" in controllers.split(","):
            named = path
        elif "freezer" in controllers.split(","):
            freezer = path
        elif hierarchy == "0" and not controllers:
            unified = path
    return Cgroup(named if named.strip("/") else unified or named, freezer)


def unit(path: str) -> Unit | None:
    r"""Return the service unit that a cgroup path lies in, or None.

    Scopes and slices are no answer: they hold whatever was started there. What a user's manager
    runs lies below `user@UID.service`.

    Source: systemd, "Control Group APIs and Delegation", and `cg_path_get_unit` in its
    `src/basic/cgroup-util.c`: a leading `_` escapes a name.
    """
    names = [name.removeprefix("_") for name in path.split("/") if name]
    manager_uid: int | None = None
    for name in names:
        if name.endswith(".slice"):
            continue
        if manager_uid is None and (uid := _manager_uid(name)) is not None:
            manager_uid = uid
            continue
        return Unit(name, manager_uid) if name.endswith(".service") else None
    return None


def flag_value(text: str, key: str) -> str | None:
    """Return the value of `key` in a file of `key:<tab>value` lines, such as `fdinfo`."""
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if colon and name == key:
            return value.strip()
    return None


def _manager_uid(name: str) -> int | None:
    number = name.removeprefix("user@").removesuffix(".service")
    return int(number) if name == f"user@{number}.service" and number.isdecimal() else None
