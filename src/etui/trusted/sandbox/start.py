"""Starts a confined process.

Rules:

* the process gets the descriptors 0 to 4 and no other: nothing, nothing, ``log``, ``channel``, ``key``;
* it runs not one instruction before its limits stand. They are set from outside when bubblewrap has made its
  namespaces, since only there Linux counts the processes of this sandbox and no others. Then bubblewrap gets the
  filter, for which it waits; should its starter die before, it finds none and gives up;
* bubblewrap's own command line and environment are bare, since the process inside can read them;
* it ends when its starter ends. The kernel ties that to the *thread* that started it, so that must be the
  main thread; until the kernel does, the guard sees to it.
"""

from __future__ import annotations

import os
import platform
import re
import resource
import signal
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import msgspec

from etui.trusted.sandbox.bubblewrap import FILTER_FD, INFO_FD, arguments, revealing_entries
from etui.trusted.sandbox.confined import Confined, readable
from etui.trusted.sandbox.confinement import Confinement
from etui.trusted.sandbox.errors import ConfinementError, StartError
from etui.trusted.sandbox.filter import syscall_filter
from etui.trusted.sandbox.guard import Guard
from etui.trusted.sandbox.spawn import collect, spawn

CHANNEL_FD: Final = 3
KEY_FD: Final = 4
_ARGUMENTS_FD: Final = 5

_SETUP_S: Final = 5.0
"""How long bubblewrap may take to make the namespaces, in seconds; it takes about two milliseconds."""

_COUNTS_BY_NAMESPACE: Final = (5, 14)
"""From this Linux on, processes are counted in each user namespace; before, all of the user's are."""

_NO_CORE: Final = 1
"""Of RLIMIT_CORE: too small for a file, and the one value that stops a core pattern's pipe too."""


class _Info(msgspec.Struct, rename="kebab"):
    """What bubblewrap writes to ``--info-fd``, as far as it is used here."""

    child_pid: int


def start(confinement: Confinement, *, channel: int, key: int, log: int, bubblewrap: Path) -> Confined:
    """Start a confined process; what it cannot mount or execute ends it early, with the reason in ``log``.

    It returns within about five milliseconds; the process runs a few later.

    Args:
        confinement: what it is given.
        channel: the socket that becomes its descriptor 3. Close it here afterwards, or its other end stays
            open.
        key: the pipe that becomes its descriptor 4; likewise.
        log: where its standard error goes: a pipe or a file.
        bubblewrap: the one that ``probe`` found possible.

    Raises:
        ConfinementError: the confinement gives what it must not, or asks what cannot be kept here.
        FilterError: there is no filter of system calls for this machine.
        StartError: bubblewrap did not start, or it was not called in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        raise StartError("a confined process ends with the thread that starts it: start it in the main thread")
    confinement.check()
    if confinement.processes > 1 and os.getuid() == 0:
        raise ConfinementError("the kernel counts no processes of root: more than one takes another user")
    options = arguments(confinement, revealing_entries())
    program = syscall_filter(confinement.processes)
    with ExitStack() as ours:
        with ExitStack() as theirs:
            info = _pipe(ours, theirs)
            gate = _pipe(theirs, ours)
            null = _kept(theirs, os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC))
            descriptors = {
                0: null,
                1: null,
                2: log,
                CHANNEL_FD: channel,
                KEY_FD: key,
                _ARGUMENTS_FD: _memory(theirs, "\0".join(options).encode()),
                FILTER_FD: gate[0],
                INFO_FD: info[1],
            }
            command = (os.fspath(bubblewrap), "--args", str(_ARGUMENTS_FD), "--", *confinement.argv)
            guard, process = _started(command, descriptors)
        return _released(guard, process, info=info[0], gate=gate[1], limits=_limits(confinement), program=program)


def _started(command: tuple[str, ...], descriptors: Mapping[int, int]) -> tuple[Guard, int]:
    """A guard, and bubblewrap in its group."""
    try:
        guard = Guard()
    except OSError as error:
        raise StartError(f"the shell that guards the start cannot be executed: {error.strerror}") from error
    try:
        return guard, spawn(command, descriptors, group=guard.group)
    except OSError as error:
        guard.dismiss()
        raise StartError(f"{command[0]} cannot be executed: {error.strerror}") from error


def _released(  # noqa: PLR0913  # what has come of a start so far
    guard: Guard, process: int, *, info: int, gate: int, limits: Mapping[int, int], program: bytes
) -> Confined:
    """Limit the process that waits within its namespaces, and give it the filter that lets it go."""
    pidfd = -1
    try:
        first = _first_process(info)
        pidfd = os.pidfd_open(first)
        _check_parent(first, process)
        for kind, most in limits.items():
            hard = resource.prlimit(first, kind)[1]
            limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.prlimit(first, kind, (limit, limit))
        guard.watch(first)
        os.write(gate, program)  # a few kilobytes: a pipe takes them at once
    except BaseException as error:
        if pidfd >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            os.close(pidfd)
        guard.strike()
        collect(process)
        guard.dismiss()
        if isinstance(error, OSError):
            raise StartError(f"the sandbox cannot be limited: {error.strerror}; its log may say why") from error
        raise
    return Confined(guard, process, first, pidfd)


def _first_process(info: int) -> int:
    """The id of the first process inside, which bubblewrap tells once there is one."""
    told = b""
    while not told.rstrip().endswith(b"}"):
        if not readable(info, _SETUP_S):
            raise StartError(f"bubblewrap made no namespaces within {_SETUP_S:.0f} seconds")
        part = os.read(info, 4096)
        if not part:
            raise StartError("bubblewrap made no namespaces; its log says why, and `probe` what to change")
        told += part
    try:
        return msgspec.json.decode(told, type=_Info).child_pid
    except msgspec.DecodeError as error:
        raise StartError("bubblewrap told no process; is it another program of that name?") from error


def _check_parent(child: int, parent: int) -> None:
    """Make sure that ``child`` is still the one that was told, and no later process with its number."""
    status = Path("/proc", str(child), "status").read_text(encoding="ascii", errors="replace")
    if f"\nPPid:\t{parent}\n" not in status:
        raise StartError("bubblewrap ended while it made the sandbox; its log says why")


def _limits(confinement: Confinement) -> dict[int, int]:
    limits = {
        resource.RLIMIT_AS: confinement.memory_bytes,
        resource.RLIMIT_NOFILE: confinement.files,
        resource.RLIMIT_FSIZE: confinement.file_bytes,
        resource.RLIMIT_CORE: _NO_CORE,
    }
    version = tuple(int(number) for number in re.findall(r"\d+", platform.release())[:2])
    if version >= _COUNTS_BY_NAMESPACE:
        first = 1  # bubblewrap's own process inside, which collects the children of others
        limits[resource.RLIMIT_NPROC] = first + confinement.processes + confinement.threads
    return limits


def _kept(stack: ExitStack, descriptor: int) -> int:
    stack.callback(os.close, descriptor)
    return descriptor


def _pipe(reading: ExitStack, writing: ExitStack) -> tuple[int, int]:
    reader, writer = os.pipe()
    return _kept(reading, reader), _kept(writing, writer)


def _memory(stack: ExitStack, content: bytes) -> int:
    """A file in memory that holds ``content``, at its beginning."""
    descriptor = _kept(stack, os.memfd_create("bubblewrap"))
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
