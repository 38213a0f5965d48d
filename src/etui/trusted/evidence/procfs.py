"""Reading `/proc`: the one module of this room that looks at processes.

Rules:

1. Everything of a process is read through one descriptor of its directory. It belongs to the
   process and not to its number: once the process has ended, reading fails, whoever has the number.
2. A parent counts only if the child still names it after the parent's directory was opened.
3. A program that was replaced while it was read is read again, at most three times.
4. What may not be read is None. What the kernel wrote and we cannot parse is an error of ours and
   is raised as it is.

Reading `cmdline`, `environ` or the attributes of a file can wait for the process itself (its memory or file
system may be its own to serve), so whoever must stay responsive calls this with a time limit.
"""

import os
import posixpath
import stat as mode_bits
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from etui.trusted.evidence import records
from etui.trusted.evidence.appimages import appimage_of, mount_of
from etui.trusted.evidence.deputies import Deputy, deputy_kind, is_tool_script
from etui.trusted.evidence.errors import GoneError, UnsettledError
from etui.trusted.evidence.places import could_be_put, others_can_write
from etui.trusted.evidence.process import Executable, Namespace, Process
from etui.trusted.evidence.sandboxes import flatpak_application
from etui.trusted.evidence.scripts import script_path

DEPTH = 32

_TRIES = 3
_LIMIT = 64 * 1024
_PAGE = 4096
_DELETED = " (deleted)"
_ENDED = frozenset("ZXx")
_GROUP_WRITE = 0o020
_OTHER_WRITE = 0o002

_INVISIBLE = (FileNotFoundError, ProcessLookupError, PermissionError)  # by hidepid, or ended


def lineage(pid: int, machine: Mapping[Namespace, str] | None = None) -> tuple[Process, ...]:
    """Return process `pid`, its parent and so on, at most `DEPTH` of them.

    `machine`: the namespaces that are not foreign; by default those of this process.

    It ends with the first program that is no deputy, since what stands above it says nothing more.
    It is shorter where a parent ends during the look, and empty where the system hides the process
    or it has ended.

    Raises `GoneError` if the process ends during the look, `UnsettledError` if it does not stand still.
    """
    own = _namespaces("/proc/self/ns", None) if machine is None else machine
    processes: list[Process] = []
    with ExitStack() as held:
        try:
            directory = held.enter_context(_directory(pid))
            processes.append(_settled(directory, pid, own))
        except _INVISIBLE:
            return ()
        while len(processes) < DEPTH and _acts_for_another(processes[-1]):
            try:
                directory, ppid = _parent(directory, processes[-1].ppid, held)
                processes.append(_settled(directory, ppid, own))
            except (*_INVISIBLE, GoneError, UnsettledError):
                break
    return tuple(processes)


def namespaces_of(pid: int) -> dict[Namespace, str]:
    """Return the namespaces of process `pid`; raises `OSError` where they may not be read."""
    return _namespaces(f"/proc/{pid}/ns", None)


def start_ticks(pid: int) -> int | None:
    """Return the start of process `pid` in clock ticks since boot, or None if it is not visible."""
    try:
        with _directory(pid) as directory:
            return records.stat(_text(directory, "stat")).start_ticks
    except _INVISIBLE:
        return None


@contextmanager
def _directory(pid: int) -> Iterator[int]:
    directory = os.open(f"/proc/{pid}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield directory
    finally:
        os.close(directory)


def _parent(directory: int, ppid: int, held: ExitStack) -> tuple[int, int]:
    """The directory and number of the parent, which was `ppid` when the process was read."""
    for _ in range(_TRIES):
        parent = held.enter_context(_directory(ppid))
        named, ppid = ppid, records.stat(_text(directory, "stat")).ppid
        if named == ppid:
            return parent, ppid
    raise ProcessLookupError


def _acts_for_another(process: Process) -> bool:
    return process.executable is not None and deputy_kind(process.executable.path) is not None


def _settled(directory: int, pid: int, own: Mapping[Namespace, str]) -> Process:
    try:
        for _ in range(_TRIES):
            before = _mark(directory)
            process = _process(directory, pid, own)
            if _mark(directory) == before:
                return process
    except (FileNotFoundError, ProcessLookupError) as error:
        raise GoneError(pid) from error
    raise UnsettledError(pid)


def _process(directory: int, pid: int, own: Mapping[Namespace, str]) -> Process:
    stat = records.stat(_text(directory, "stat"))
    if stat.state in _ENDED:
        raise GoneError(pid)
    status = records.status(_text(directory, "status"))
    cgroup = records.cgroup(_text(directory, "cgroup"))
    foreign = _foreign(directory, own)
    executable = _executable(directory, status, foreign)
    script = _script(directory, executable, foreign)
    appimage = _appimage(directory, executable, script)
    return Process(
        pid=pid,
        ppid=stat.ppid,
        start_ticks=stat.start_ticks,
        uid=status.uid,
        executable=executable,
        cgroup=cgroup.path,
        freezer=cgroup.freezer,
        unit=records.unit(cgroup.path),
        session=stat.session,
        tty=stat.tty,
        foreign=foreign,
        script=script,
        appimage=appimage,
        flatpak=_flatpak(directory, foreign),
        apparmor=_apparmor(directory),
        shared=_shared(executable, script, appimage, status.uid),
    )


def _text(directory: int, name: str, limit: int = 1 << 20) -> str:
    """Return a file of the process as text; `surrogateescape` keeps every byte."""
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=directory)
    try:
        content = part = os.read(descriptor, min(limit, _PAGE))
        while part and len(content) < limit:
            part = os.read(descriptor, limit - len(content))
            content += part
    finally:
        os.close(descriptor)
    return os.fsdecode(content)


def _mark(directory: int) -> tuple[str, int, int] | None:
    """Return what tells the running program from any other: its path, device and inode."""
    try:
        link = os.readlink("exe", dir_fd=directory)
        file = os.stat("exe", dir_fd=directory)
    except OSError:
        return None  # not ours to read, or it has ended: then reading `stat` says so
    return link, file.st_dev, file.st_ino


def _executable(directory: int, status: records.Status, foreign: frozenset[Namespace] | None) -> Executable | None:
    try:
        link = os.readlink("exe", dir_fd=directory)
        file = os.stat("exe", dir_fd=directory)
    except OSError:
        return None
    located, path, deleted = _located(link, file), link, False
    if not located and link.endswith(_DELETED):
        path, deleted = link.removesuffix(_DELETED), True
        located = foreign is not None and Namespace.MOUNT not in foreign and _was_located(path, file, directory)
    return Executable(
        path=path,
        device=file.st_dev,
        inode=file.st_ino,
        owner=file.st_uid,
        mode=file.st_mode,
        deleted=deleted,
        located=located,
        writable=_writable(path, file, status),
    )


def _located(path: str, file: os.stat_result) -> bool:
    """Say whether `path` names `file` for us; a foreign or detached mount only looks like it."""
    here = _attributes(path)
    return here is not None and os.path.samestat(here, file)


def _was_located(path: str, file: os.stat_result, directory: int) -> bool:
    """Say whether a deleted `file`, which `directory` has as `exe`, can have been at `path`.

    It is told by the nearest folder above that is still there: an update may have taken its folder away with it.
    """
    if not path.startswith("/"):
        return False
    folder = posixpath.dirname(path)
    while (attributes := _attributes(folder)) is None:
        folder = posixpath.dirname(folder)
    return _together(file, directory, attributes, folder) and could_be_put(file, attributes)


def _together(file: os.stat_result, directory: int, attributes: os.stat_result, folder: str) -> bool:
    """Say whether one file system has a file, which `directory` has as `exe`, and a folder.

    An overlay's files may have the device of what lies under it, and its folders its own; both are of one file system
    by statfs(2), where a file system that a user serves (FUSE) has no number.
    """
    if file.st_dev == attributes.st_dev:
        return True
    system = _file_system("exe", directory)
    return system != 0 and system == _file_system(folder, directory)


def _file_system(path: str, directory: int) -> int:
    """Return the number of the file system at an absolute path, or one below `directory`; 0 where it has none."""
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC, dir_fd=directory)
    except OSError:
        return 0
    try:
        return os.fstatvfs(opened).f_fsid
    except OSError:
        return 0
    finally:
        os.close(opened)


def _writable(path: str, file: os.stat_result, status: records.Status) -> bool:
    """Say whether the process's user can change `file`, or put another in its place."""
    if _writable_by(file, status):
        return True
    folder = posixpath.dirname(path)
    while True:
        attributes = _attributes(folder)
        if attributes is None or _writable_by(attributes, status):
            return True
        if folder == "/":
            return False
        folder = posixpath.dirname(folder)


def _writable_by(file: os.stat_result, status: records.Status) -> bool:
    if status.uid in {0, file.st_uid}:
        return True
    sticky = mode_bits.S_ISDIR(file.st_mode) and file.st_mode & mode_bits.S_ISVTX
    by_group = file.st_gid in status.groups and file.st_mode & _GROUP_WRITE
    return not sticky and bool(by_group or file.st_mode & _OTHER_WRITE)


def _shared(executable: Executable | None, script: str | None, appimage: str | None, uid: int) -> bool:
    """Say whether another user could put another one in the place of what this process is known by."""
    if appimage is not None:
        return _in_others_hands(appimage, uid)
    if script is not None:
        return not is_tool_script(script) and _in_others_hands(script, uid)
    if executable is None or not executable.located or deputy_kind(executable.path) is not None:
        return False
    return mount_of(executable.path) is None and _in_others_hands(executable.path, uid)


def _in_others_hands(path: str, uid: int) -> bool:
    """Say whether another user could put another file at `path`, or where a link there leads."""
    real = os.path.realpath(path)
    places = {place for start in {path, real} for place in _and_above(start)}
    return any((file := _attributes(place)) is not None and others_can_write(file, uid) for place in places)


def _and_above(path: str) -> Iterator[str]:
    yield path
    while path != "/":
        path = posixpath.dirname(path)
        yield path


def _attributes(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - of each folder above each program, and Path takes as long again
    except (OSError, ValueError):
        return None


def _script(directory: int, executable: Executable | None, foreign: frozenset[Namespace] | None) -> str | None:
    """Return the script that an interpreter runs, if there is such a file for us."""
    if executable is None or foreign is None or Namespace.MOUNT in foreign:
        return None
    if deputy_kind(executable.path) not in {Deputy.INTERPRETER, Deputy.SHELL}:
        return None
    whole, ended, _cut = _text(directory, "cmdline", _LIMIT).rpartition("\0")
    path = script_path(executable.path, tuple(whole.split("\0")), _cwd(directory)) if ended else None
    attributes = None if path is None else _attributes(path)
    regular = attributes is not None and mode_bits.S_ISREG(attributes.st_mode)
    return path if regular else None


def _appimage(directory: int, executable: Executable | None, script: str | None) -> str | None:
    """Return the AppImage that the environment names, if the program or its script lies in the mount of one."""
    if executable is None or not executable.located:
        return None
    folder = mount_of(executable.path) or (None if script is None else mount_of(script))
    if folder is None:
        return None
    try:
        path = appimage_of(_text(directory, "environ"), folder)
    except PermissionError:
        return None
    attributes = None if path is None else _attributes(path)
    regular = attributes is not None and mode_bits.S_ISREG(attributes.st_mode)
    return path if regular else None


def _cwd(directory: int) -> str | None:
    try:
        link = os.readlink("cwd", dir_fd=directory)
    except OSError:
        return None
    return link if link.startswith("/") else None


def _foreign(directory: int, own: Mapping[Namespace, str]) -> frozenset[Namespace] | None:
    try:
        theirs = _namespaces("ns", directory)
    except PermissionError:
        return None
    return frozenset(kind for kind, name in theirs.items() if own[kind] != name)


def _namespaces(folder: str, directory: int | None) -> dict[Namespace, str]:
    return {kind: os.readlink(f"{folder}/{kind.value}", dir_fd=directory) for kind in Namespace}


def _flatpak(directory: int, foreign: frozenset[Namespace] | None) -> str | None:
    """Return the application id in the process's own `/.flatpak-info`, a plain file, or None."""
    if foreign is None or Namespace.MOUNT not in foreign:
        return None
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
    try:
        descriptor = os.open("root/.flatpak-info", flags, dir_fd=directory)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not mode_bits.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        content = file.read(_LIMIT + 1)
    try:
        return flatpak_application(content.decode()) if len(content) <= _LIMIT else None
    except UnicodeDecodeError:
        return None


def _apparmor(directory: int) -> str | None:
    """Return the AppArmor label without its mode. Source: apparmor_getcon(2), proc_pid_attr(5)."""
    for name in ("attr/apparmor/current", "attr/current"):
        try:
            label = _text(directory, name).rstrip("\0\n")
        except OSError:
            continue
        return label.partition(" (")[0] or None
    return None
