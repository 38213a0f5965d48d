"""Kernel: what tells programs apart, confines them and keeps them out of each other's memory."""

from __future__ import annotations

import ctypes
import os
import socket
from typing import Final

from etui.cli.doctor.findings import Finding, Machine, State, holds
from etui.cli.doctor.told import Silence

_SO_PEERPIDFD: Final = 77
"""include/uapi/asm-generic/socket.h, as x86-64 and arm64 have it; Python 3.11 has no name for it."""
_LANDLOCK_CREATE_RULESET: Final = 444
"""The number of the call on every architecture. Source: landlock(7)."""
_LANDLOCK_VERSION: Final = 1
_SECCOMP_ACTIONS: Final = frozenset({"allow", "errno", "kill_process"})
_RENEW: Final = "a kernel of Linux 6.5 or later: on Debian 12 `apt-get install -t bookworm-backports linux-image-{}`"
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


def kernel(machine: Machine) -> Finding:
    """Which kernel, and whether it names the process at the other end of a socket."""
    release = machine.read("/proc/sys/kernel/osrelease").strip()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        try:
            os.close(ours.getsockopt(socket.SOL_SOCKET, _SO_PEERPIDFD))
        except OSError:
            name = _ARCHITECTURES.get(os.uname().machine, os.uname().machine)
            return Finding(
                State.LIMITS,
                f"Linux {release}, without SO_PEERPIDFD.",
                "A program that connects is known by its number and the time of its start, which is weaker evidence.",
                _RENEW.format(name),
            )
    return holds(f"Linux {release}, which names the process at the other end of a socket (SO_PEERPIDFD).")


def pidfd(machine: Machine) -> Finding:
    """Whether a process can be pinned."""
    del machine
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError as error:
        return Finding(
            State.WEAKENS,
            f"The kernel gives no descriptor for a process: {error.strerror}.",
            "A program that ended may be taken for another one that bears its number since.",
            "Linux 5.3 or later; in a container, one that allows pidfd_open(2)",
        )
    return holds("A process can be pinned by a descriptor (pidfd_open).")


def seccomp(machine: Machine) -> Finding:
    """Whether system calls can be filtered as an Extension's are."""
    try:
        known = set(machine.read("/proc/sys/kernel/seccomp/actions_avail").split())
    except FileNotFoundError:
        known = set()
    if missing := sorted(_SECCOMP_ACTIONS - known):
        return Finding(
            State.STOPS,
            f"The kernel cannot filter system calls ({', '.join(missing)}).",
            "No Extension is started unfiltered, so none is started.",
            "a kernel that was built with CONFIG_SECCOMP_FILTER, of Linux 4.14 or later",
        )
    return holds("System calls of Extensions are filtered (seccomp).")


def landlock(machine: Machine) -> Finding:
    """Whether an Extension can shut itself in further."""
    del machine
    libc = ctypes.CDLL(None, use_errno=True)
    call = (ctypes.c_long(number) for number in (_LANDLOCK_CREATE_RULESET, 0, 0, _LANDLOCK_VERSION))
    version = libc.syscall(*call)
    if version < 0:
        return Finding(
            State.LIMITS,
            f"There is no Landlock ({os.strerror(ctypes.get_errno())}).",
            "An Extension cannot shut itself in further than the wallet does; the wallet itself does not need it.",
            "`lsm=landlock,…` on the kernel's command line, where it was built with CONFIG_SECURITY_LANDLOCK",
        )
    return holds(f"An Extension can shut itself in further (Landlock, version {version}).")


def tracing(machine: Machine) -> Finding:
    """Whether programs of the same user may read each other's memory."""
    scope = machine.number("/proc/sys/kernel/yama/ptrace_scope")
    if scope:
        return holds(f"A program may trace none that it did not start (ptrace_scope is {scope}).")
    return Finding(
        State.LIMITS,
        "Any program of yours may read the memory of any other one"
        + (" (ptrace_scope is 0)." if scope == 0 else " (the kernel has no Yama)."),
        "The wallet's processes refuse to be traced; programs that were given a secret, and browsers, do not.",
        "as root `sysctl kernel.yama.ptrace_scope=1`; for good, that line in /etc/sysctl.d/10-ptrace.conf"
        if scope == 0
        else "",
    )


def confinement(machine: Machine) -> Finding:
    """Whether an Extension was confined just now."""
    examination = machine.told.examination
    if isinstance(examination, Silence):
        says = f"The wallet's own examination does not run: {examination.reason}."
        if examination.is_late:
            return Finding(State.UNSEEN, says)
        text = "What it runs by is broken or incomplete, so the wallet does not start either."
        return Finding(State.STOPS, says, text, "`./run` in the folder of the checkout, which mends .venv")
    found = examination.confinement
    if found.type == "impossible":
        return Finding(State.STOPS, found.reason, "Extensions are never started unconfined: the wallet does not start.")
    return holds(f"Extensions are confined, by {found.bubblewrap} in namespaces of their own.")
