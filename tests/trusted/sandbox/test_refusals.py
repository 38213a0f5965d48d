"""System calls that a confined process may not make, with the real filter."""

from __future__ import annotations

import platform
import signal

import pyseccomp
import pytest
from tests.trusted.sandbox.conftest import Confine, Starter
from tests.trusted.sandbox.programs import tell, told

from etui.trusted.sandbox.syscalls import ALLOWED, CONDITIONAL, FORKING_ALLOWED, REFUSED

CLONE_NEWUSER = 0x10000000
TIOCSTI = 0x5412


@pytest.mark.attack(21)
def test_no_socket_of_any_family_can_be_made(confine: Confine) -> None:
    program = tell("sorted({attempt(socket.socket, family, kind) for family in range(46) for kind in range(1, 6)})")
    assert told(confine(program)) == ["EPERM"]


def test_a_pair_of_stream_sockets_wakes_an_event_loop_and_one_of_datagrams_does_not_exist(confine: Confine) -> None:
    kinds = "(socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET)"
    program = tell(f"[attempt(socket.socketpair, socket.AF_UNIX, kind) for kind in {kinds}]")
    assert told(confine(program)) == ["done", "ENOSYS", "ENOSYS"]


def test_the_channel_cannot_be_connected_elsewhere(confine: Confine) -> None:
    program = tell(
        "[attempt(channel.connect, b'\\0other'), attempt(channel.bind, b'\\0own'), attempt(channel.listen)]",
        "channel = socket.socket(fileno=os.dup(3))",
    )
    assert told(confine(program)) == ["EPERM"] * 3


@pytest.mark.parametrize("call", sorted(name for names in REFUSED.values() for name in names.split()))
def test_a_refused_call_is_in_no_other_table(call: str) -> None:
    allowed = {name for names in (*ALLOWED.values(), FORKING_ALLOWED) for name in names.split()}
    assert call not in allowed | {rule.call for rule in CONDITIONAL}


def test_each_refused_call_is_refused(confine: Confine) -> None:
    names = sorted(name for names in REFUSED.values() for name in names.split())
    numbers = {name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) for name in names}
    here = {name: number for name, number in numbers.items() if number >= 0}
    answers = told(
        confine(tell(f"{{name: attempt(syscall, number, -1, -1, -1, -1, -1, -1) for name, number in {here}.items()}}"))
    )
    assert answers == dict.fromkeys(here, "EPERM")
    assert {"socket", "ptrace", "bpf", "mount", "unshare", "keyctl", "io_uring_setup", "userfaultfd"} <= set(here)


def test_a_call_that_no_table_names_does_not_exist(confine: Confine) -> None:
    assert told(confine(tell("[attempt(syscall, number) for number in (435, 1000)]"))) == ["ENOSYS", "ENOSYS"]


def test_it_can_ask_whether_something_is_a_terminal_and_type_into_none(confine: Confine) -> None:
    program = tell(f"[os.isatty(2), attempt(fcntl.ioctl, 2, {TIOCSTI}, b'x')]", "import fcntl")
    assert told(confine(program)) == [False, "ENOSYS"]


def test_it_makes_threads_and_no_process(confine: Confine) -> None:
    program = tell(
        "[attempt(os.fork), attempt(os.posix_spawn, sys.executable, [sys.executable], {}), finished]",
        "finished = []\nthread = threading.Thread(target=finished.append, args=(1,))\nthread.start(); thread.join()",
    )
    assert told(confine(program)) == ["ENOSYS", "ENOSYS", [1]]


def test_it_makes_no_namespace_even_if_it_may_make_processes(ordinary: Starter) -> None:
    clone = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, "clone")
    before = """
def fork():
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
"""
    program = tell(f"[attempt(fork), attempt(syscall, {clone}, {CLONE_NEWUSER | signal.SIGCHLD}, 0)]", before)
    assert told(ordinary.confine(program, changes={"processes": 4})) == ["done", "ENOSYS"]


def test_no_other_process_can_be_signalled(confine: Confine) -> None:
    program = tell("[[attempt(os.kill, pid, 0) for pid in range(3, 300)].count('ESRCH'), attempt(os.kill, 1, 9)]")
    assert told(confine(program)) == [297, "done"]  # its own first process takes no signal from inside


def test_event_loop_database_cryptography_and_threads_work(confine: Confine) -> None:
    program = tell(
        "[asyncio.run(main()), database.execute('select 1').fetchone()[0], hashlib.sha256(b'').hexdigest()[:4]]",
        """
import asyncio, hashlib, sqlite3, ssl, tempfile
async def main():
    await asyncio.sleep(0)
    return await asyncio.to_thread(len, "four")
database = sqlite3.connect("/tmp/database")
ssl.create_default_context()
with tempfile.TemporaryFile() as file:
    file.write(b"x" * 100000)
""",
    )
    assert told(confine(program)) == [4, 1, "e3b0"]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86_64 has a 32-bit entry that any program can use")
def test_a_call_through_the_32_bit_entry_ends_the_process(confine: Confine) -> None:
    program = """
import ctypes, mmap
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")  # mov eax, getpid; int 0x80; ret
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
"""
    assert confine(program).status == 128 + signal.SIGSYS
