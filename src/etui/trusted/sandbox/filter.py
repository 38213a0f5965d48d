"""Makes the filter of system calls, as a program for the kernel, from the tables in ``syscalls``.

The filter allows by name. A call through another architecture's entry (32-bit on a 64-bit kernel, x32) ends
the
process: its numbers mean other calls.
"""

from __future__ import annotations

import errno
import functools
import os
import platform
from collections.abc import Iterator
from typing import Any, Final

from etui.trusted.sandbox.errors import FilterError
from etui.trusted.sandbox.syscalls import (
    ALLOWED,
    CONDITIONAL,
    FORKING,
    FORKING_ALLOWED,
    REFUSED,
    Argument,
    Conditional,
)

MACHINES: Final = frozenset({"aarch64", "x86_64"})
"""Where the order of clone's arguments and the numbers of ioctl are those of the tables."""

_UNKNOWN: Final = -1
"""What libseccomp answers for a name that is newer than itself; the call then stays ENOSYS."""

_BINARY_TREE: Final = 2


def syscall_filter(processes: int) -> bytes:
    """The filter for a confinement of so many ``processes``: BPF instructions of 8 bytes each.

    Raises:
        FilterError: libseccomp is missing, or the tables are not for this machine.
    """
    return _forking() if processes > 1 else _forkless()


@functools.cache
def _forkless() -> bytes:
    return _compiled(tuple(_names(*ALLOWED.values())), CONDITIONAL)


@functools.cache
def _forking() -> bytes:
    return _compiled(tuple(_names(*ALLOWED.values(), FORKING_ALLOWED)), (*CONDITIONAL, *FORKING))


def _names(*groups: str) -> Iterator[str]:
    for group in groups:
        yield from group.split()


def _compiled(allowed: tuple[str, ...], conditional: tuple[Conditional, ...]) -> bytes:
    if platform.machine() not in MACHINES:
        raise FilterError(f"there is no filter of system calls for {platform.machine()} yet")
    seccomp = _library()
    refuse = seccomp.ERRNO(errno.EPERM)
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))
    rules.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    rules.set_attr(seccomp.Attr.CTL_OPTIMIZE, _BINARY_TREE)
    for action, names in ((seccomp.ALLOW, allowed), (refuse, tuple(_names(*REFUSED.values())))):
        for name in names:
            if (number := seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)) != _UNKNOWN:
                rules.add_rule(action, number)
    for rule in conditional:
        rules.add_rule(seccomp.ALLOW, rule.call, *(_comparison(seccomp, each) for each in rule.arguments))
    return _exported(rules)


def _comparison(seccomp: Any, argument: Argument) -> Any:  # noqa: ANN401 - pyseccomp has no types
    if argument.mask is None:
        return seccomp.Arg(argument.index, seccomp.EQ, argument.value)
    return seccomp.Arg(argument.index, seccomp.MASKED_EQ, argument.mask, argument.value)


def _exported(rules: Any) -> bytes:  # noqa: ANN401 - pyseccomp has no types
    with open(os.memfd_create("filter"), "r+b") as file:  # noqa: PTH123 - it has no path
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _library() -> Any:  # noqa: ANN401 - pyseccomp has no types
    """Load pyseccomp, which fails where the system has no libseccomp, and takes a while to find it."""
    try:
        import pyseccomp  # noqa: PLC0415
    except (ImportError, RuntimeError, OSError) as error:
        raise FilterError("libseccomp is missing: install the package libseccomp2") from error
    return pyseccomp
