"""The filter of system calls as it is on each architecture: made by libseccomp, and run as the kernel runs it.

Source: linux/filter.h, linux/seccomp.h, linux/audit.h; the numbers of calls, asm-generic/unistd.h for arm64.
"""

from __future__ import annotations

import errno
import platform
import struct
from types import SimpleNamespace
from typing import Any, Final

import pyseccomp
import pytest

from etui.trusted.sandbox import filter as system_calls
from etui.trusted.sandbox.syscalls import ALLOWED, CONDITIONAL

AUDIT: Final = {"X86_64": 0xC000003E, "AARCH64": 0xC00000B7}
MACHINES: Final = {"X86_64": "x86_64", "AARCH64": "aarch64"}
NUMBERS: Final = {
    "X86_64": {"read": 0, "openat": 257, "ptrace": 101, "clone": 56, "clone3": 435, "ioctl": 16, "execve": 59},
    "AARCH64": {"read": 63, "openat": 56, "ptrace": 117, "clone": 220, "clone3": 435, "ioctl": 29, "execve": 221},
}
ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000
ERRNO: Final = 0x00050000
CLONE_THREAD: Final = 0x00010000
CLONE_NEWUSER: Final = 0x10000000
TIOCSTI: Final = 0x5412
FIONREAD: Final = 0x541B


def answer(program: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What a filter answers to a call: the classic BPF machine, as far as libseccomp uses it."""
    data = struct.pack("<iIQ6Q", number, architecture, 0, *(arguments + (0,) * 6)[:6])
    code = list(struct.iter_unpack("<HBBI", program))
    at = accumulator = 0
    while True:
        operation, then, otherwise, value = code[at]
        at += 1
        match operation:
            case 0x20:  # BPF_LD | BPF_W | BPF_ABS
                (accumulator,) = struct.unpack_from("<I", data, value)
            case 0x54:  # BPF_ALU | BPF_AND | BPF_K
                accumulator &= value
            case 0x05:  # BPF_JMP | BPF_JA
                at += value
            case 0x15 | 0x25 | 0x35 | 0x45:  # JEQ, JGT, JGE, JSET
                holds = {
                    0x15: accumulator == value,
                    0x25: accumulator > value,
                    0x35: accumulator >= value,
                    0x45: bool(accumulator & value),
                }[operation]
                at += then if holds else otherwise
            case 0x06:  # BPF_RET | BPF_K
                return int(value)
            case _:
                raise AssertionError(f"libseccomp made an instruction that this machine does not know: {operation:#x}")


@pytest.fixture(params=list(AUDIT))
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def program(architecture: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The filter of an Extension of one process, as it is made on a machine of this architecture."""
    target = getattr(pyseccomp.Arch, architecture)

    class Filter(pyseccomp.SyscallFilter):  # type: ignore[misc]  # pyseccomp has no types
        def __init__(self, action: Any) -> None:  # noqa: ANN401  # as above
            super().__init__(action)
            if pyseccomp.system_arch() != target:
                self.add_arch(target)
                self.remove_arch(pyseccomp.system_arch())

    library = SimpleNamespace(**{**vars(pyseccomp), "SyscallFilter": Filter})
    monkeypatch.setattr(system_calls, "_library", lambda: library)
    monkeypatch.setattr(platform, "machine", lambda: MACHINES[architecture])
    return system_calls._compiled(tuple(system_calls._names(*ALLOWED.values())), CONDITIONAL)


def test_each_architecture_has_its_own_numbers(architecture: str, program: bytes) -> None:
    numbers, audit = NUMBERS[architecture], AUDIT[architecture]
    assert answer(program, audit, numbers["read"]) == ALLOW
    assert answer(program, audit, numbers["openat"]) == ALLOW
    assert answer(program, audit, numbers["execve"]) == ALLOW
    assert answer(program, audit, numbers["ptrace"]) == ERRNO | errno.EPERM
    assert answer(program, audit, numbers["clone3"]) == ERRNO | errno.ENOSYS
    assert answer(program, audit, 9999) == ERRNO | errno.ENOSYS


def test_conditions_hold_on_each_architecture(architecture: str, program: bytes) -> None:
    numbers, audit = NUMBERS[architecture], AUDIT[architecture]
    assert answer(program, audit, numbers["clone"], CLONE_THREAD) == ALLOW
    assert answer(program, audit, numbers["clone"], CLONE_THREAD | CLONE_NEWUSER) == ERRNO | errno.ENOSYS
    assert answer(program, audit, numbers["clone"], 0) == ERRNO | errno.ENOSYS
    assert answer(program, audit, numbers["ioctl"], 1, FIONREAD) == ALLOW
    assert answer(program, audit, numbers["ioctl"], 1, TIOCSTI) == ERRNO | errno.ENOSYS


def test_the_entry_of_another_architecture_ends_the_process(architecture: str, program: bytes) -> None:
    for name, audit in {**AUDIT, "X86": 0x40000003, "ARM": 0x40000028}.items():
        if name != architecture:
            assert answer(program, audit, NUMBERS[architecture]["read"]) == KILL
