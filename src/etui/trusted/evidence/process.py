"""What is known of one process: plain values, filled by `procfs` and judged by `identity`.

No command line is kept: it may hold a secret. Only the path of a script that it names is.
"""

from enum import Enum

from msgspec import Struct


class Namespace(Enum):
    """The namespaces that decide what a process sees; the values are those of `/proc/PID/ns`."""

    MOUNT = "mnt"
    USER = "user"
    PID = "pid"


class Executable(Struct, frozen=True):
    """The file that a process runs.

    Args:
        path: as `/proc/PID/exe` shows it, without the kernel's ` (deleted)`.
        device, inode: which file it is.
        owner: user id of the file's owner.
        mode: `st_mode`.
        deleted: the file is no longer at `path`.
        located: `path` names this very file for us too, or did so until it was deleted. False for a
            file of another mount namespace, of a detached mount, or that was never anywhere (memfd).
        writable: the process's user could change or replace what is at `path`.

    """

    path: str
    device: int
    inode: int
    owner: int
    mode: int
    deleted: bool
    located: bool
    writable: bool


class Unit(Struct, frozen=True):
    """A systemd service unit.

    Args:
        name: with its suffix, for example `backup.service`.
        manager_uid: whose service manager runs it; None for the system's.

    """

    name: str
    manager_uid: int | None

    def __str__(self) -> str:
        """Return `system/NAME` or `user/NAME`."""
        return f"{'system' if self.manager_uid is None else 'user'}/{self.name}"


class Process(Struct, frozen=True, kw_only=True):
    """One process at one moment.

    Args:
        pid, ppid: its number and its parent's; `ppid` is 0 if the parent is outside of our view.
        start_ticks: its start in clock ticks since boot.
        uid: its effective user id now.
        executable: what it runs; None where that may not be read.
        cgroup: its path in the hierarchy that systemd keeps; empty if there is none.
        freezer: its path in the freezer hierarchy of cgroup version 1; empty if there is none.
        unit: the service unit that `cgroup` names, if it names one.
        session: the process that leads its session, as a number; 0 if that is outside of our view.
        tty: device number of its controlling terminal; 0 if it has none.
        foreign: the namespaces that are not ours; None where that may not be read.
        script: absolute path of the script that its interpreter runs, as its command line says.
        appimage: absolute path of the AppImage that it was mounted from, as its environment says; only
            ever read where its program or its script lies in such a mount.
        flatpak: the application id in the `/.flatpak-info` of its own root; only ever read where
            its mount namespace is not ours.
        apparmor: its AppArmor label without the mode; None if there is none.
        shared: its program, script or AppImage lies where another user than root could put another one; of a deputy
            that is its script, since by being itself it is nobody.

    """

    pid: int
    ppid: int
    start_ticks: int
    uid: int
    executable: Executable | None = None
    cgroup: str = ""
    freezer: str = ""
    unit: Unit | None = None
    session: int = 0
    tty: int = 0
    foreign: frozenset[Namespace] | None = frozenset()
    script: str | None = None
    appimage: str | None = None
    flatpak: str | None = None
    apparmor: str | None = None
    shared: bool = False
