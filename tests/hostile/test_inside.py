"""What a hostile Extension finds where it runs: nothing of the person's, of the wallet's or of anybody else's."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyseccomp
import pytest
from tests.cli.etui import wait_until
from tests.hostile.bystanders import NEIGHBOUR
from tests.hostile.intruder import Intruder
from tests.processes import descendants
from tests.trusted.router import puppet

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Client
from etui.testkit import TestWallet
from etui.trusted.sandbox.syscalls import REFUSED

PLANTED = "planted-by-the-neighbour"


@pytest.mark.attack(20)
def test_neither_the_home_nor_the_profile_nor_another_extensions_files_are_there(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    kept = f"self.store.put({{('things', 'one'): {PLANTED.encode()!r}}}); tell('kept')"
    assert json.loads(puppet.told(NEIGHBOUR, client, kept)) == ["kept"]
    client.call(secret.Create(kind="note", label="Mine", value=PLANTED.encode()))
    home = wallet.home
    private = [
        *(home / name for name in ("profile.json", "vault", "audit", "storage", "state", "running")),
        *(home / "extensions" / name for name in (NEIGHBOUR.id, f"{intruder.id}/installation.json")),
        *(wallet.socket, wallet.log, wallet.user.script, wallet.user.transcript, wallet.folder / "run"),
        *(Path.home() / name for name in (".ssh", ".bashrc", ".config", ".local")),
        *map(Path, ("/etc/passwd", "/etc/shadow", "/etc/machine-id", "/run", "/var", "/sys", "/dev/shm", "/dev/tty")),
    ]
    paths = [str(path) for path in private]
    ways = [f"{way}{path}" for way in ("", "/proc/self/root", "/proc/1/root", "/proc/1/cwd", "..") for path in paths]
    assert intruder.told(client, f"tell(sorted({{attempt(os.stat, path) for path in {ways!r}}}))") == [["ENOENT"]]
    seen = intruder.told(
        client,
        """
        for top, folders, _ in os.walk("/"):
            folders[:] = [name for name in folders if top + name != "/proc"]
            if not top.startswith((sys.prefix, sys.base_prefix)):
                tell(top)
        """,
    )
    own = home / "extensions" / intruder.id / "1.0.0"
    assert {top for top in seen if top.startswith(str(home))} == {str(home), str(home / "extensions"), *ways_to(own)}


def ways_to(folder: Path) -> set[str]:
    """A folder of a package, and the one of the Extension that it lies in."""
    return {str(folder), str(folder.parent)}


@pytest.mark.attack(20)
def test_processes_environments_and_command_lines_are_its_own_alone(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    numbers, environ, command, names = intruder.told(
        client,
        """
        tell(sorted(int(name) for name in os.listdir("/proc") if name.isdigit()))
        tell([open(f"/proc/{number}/environ").read() for number in (1, 2)])
        tell([open(f"/proc/{number}/cmdline").read() for number in (1, 2)])
        tell([open(f"/proc/{number}/status").read().splitlines()[0] for number in (1, 2)])
        """,
    )
    assert numbers == [1, 2]
    assert "bwrap" in names[0]
    given = {variable.partition("=")[0] for text in environ for variable in text.split("\0")}
    assert given <= {"", "PYTHONDONTWRITEBYTECODE", "LANG", "ETUI_SESSION", "ETUI_COPY", "PWD"}
    assert not [text for text in command if str(wallet.home / "vault") in text or str(wallet.socket) in text]


@pytest.mark.attack(20)
def test_what_it_may_know_of_the_machine_tells_nothing_of_who_types(client: Client, intruder: Intruder) -> None:
    readable = intruder.told(
        client,
        """
        import stat
        for name in sorted(os.listdir("/proc")):
            path = "/proc/" + name
            if not name.isdigit() and stat.S_ISREG(os.lstat(path).st_mode) and attempt(open, path) == "done":
                tell(name)
        """,
    )
    assert set(readable) <= {"cpuinfo", "filesystems", "meminfo", "uptime", "version"}


@pytest.mark.attack(51)
def test_no_descriptor_leads_to_the_wallets_log_or_terminal(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    targets = intruder.told(
        client,
        """
        for number in (1, 2):
            folder = f"/proc/{number}/fd/"
            names = [name for name in sorted(os.listdir(folder)) if os.path.lexists(folder + name)]
            tell([os.readlink(folder + name) for name in names])
        """,
    )
    for target in targets:
        assert target[:2] == ["/dev/null"] * 2
        assert {leads.partition(":")[0] for leads in target[2:]} <= {"pipe", "socket", "anon_inode"}
    before = wallet.log.read_text(encoding="utf-8")
    intruder.told(
        client,
        r"""
        attempt(os.ftruncate, 2, 0)
        attempt(os.truncate, "/proc/self/fd/2", 0)
        attempt(os.lseek, 2, 0, 0)
        os.write(2, b"router: everything is well\x1b[2J\x1b]0;Etui\x07\n")
        """,
    )
    assert intruder.told(client, "tell(os.isatty(2))") == [False]
    said = f"{intruder.id}: router: everything is well�[2J�]0;Etui�"
    wait_until(lambda: said in wallet.log.read_text(encoding="utf-8"))  # its supervisor writes it
    assert wallet.log.read_text(encoding="utf-8").startswith(before)


@pytest.mark.attack(21)
def test_no_socket_reaches_the_router_by_path_by_abstract_name_or_by_the_net(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    (results,) = intruder.told(
        client,
        f"""
        pair = socket.socketpair()[0]
        found = set()
        for family in range(46):
            for kind in (1, 2, 3, 5):
                found.add(attempt(socket.socket, family, kind))
        for name in ({str(wallet.socket)!r}, "\\0" + {str(wallet.socket)!r}, "\\0etui", ""):
            for reached in (pair.connect, pair.bind, channel.connect, channel.bind):
                found.add(attempt(reached, name))
            if name:
                found.add(attempt(pair.sendto, b"x", name))
        tell(sorted(found))
        """,
    )
    assert set(results) <= {"EPERM", "EISCONN"}
    with wallet.connect() as other:
        assert other.greeting.client


@pytest.mark.attack(52)
def test_no_process_of_the_wallet_is_signalled_traced_or_read(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    theirs = [wallet.pid, os.getpid(), *descendants(wallet.pid)]
    names = ("ptrace", "process_vm_readv", "pidfd_open")
    ptrace, readv, pidfd_open = (pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) for name in names)
    (results,) = intruder.told(
        client,
        f"""
        found = set()
        one = ctypes.c_long(1)
        for pid in {theirs!r}:
            if pid < 10:
                continue
            found.add(attempt(os.kill, pid, 0))
            found.add(attempt(os.kill, -pid, signal.SIGKILL))
            found.add(attempt(os.sched_getaffinity, pid))
            found.add(attempt(resource.prlimit, pid, resource.RLIMIT_NOFILE, (1, 1)))
            found.add(attempt(open, f"/proc/{{pid}}/mem"))
            for number, arguments in (
                ({ptrace}, (16, pid, 0, 0)), ({readv}, (pid, 0, 0, 0, 0, 0)), ({pidfd_open}, (pid, 0))
            ):
                if libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)) != -1:
                    found.add(number)
                else:
                    found.add(errno.errorcode[ctypes.get_errno()])
        tell(sorted(map(str, found)))
        """,
    )
    assert set(results) <= {"ESRCH", "ENOENT", "EPERM", "ENOSYS"}


@pytest.mark.attack(52)
def test_no_call_that_was_a_way_out_of_a_sandbox_is_answered(client: Client, intruder: Intruder) -> None:
    names = sorted(name for names in REFUSED.values() for name in names.split())
    numbers = {name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) for name in names}
    (answers,) = intruder.told(
        client,
        f"""
        def called(number):
            failed = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(0)] * 6) == -1
            return errno.errorcode[ctypes.get_errno()] if failed else "done"
        tell({{name: called(number) for name, number in {numbers!r}.items() if number >= 0}})
        """,
    )
    assert set(answers.values()) == {"EPERM"}
    assert {"io_uring_setup", "userfaultfd", "keyctl", "bpf", "unshare", "mount", "chroot", "shmget"} <= set(answers)
    types_in = "tell([attempt(fcntl.ioctl, number, 0x5412, b'x') for number in (0, 1, 2, 3)])"
    assert intruder.told(client, types_in) == [["ENOSYS"] * 4]


@pytest.mark.attack(20)
def test_what_the_kernel_tells_of_itself_tells_nothing_of_others(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    mounts, unix, frames = intruder.told(
        client,
        """
        tell(open("/proc/self/mountinfo").read())
        tell(open("/proc/self/net/unix").read().splitlines()[1:])
        with open("/proc/self/pagemap", "rb") as pages:
            pages.seek(id(pages) // 4096 * 8)
            tell(int.from_bytes(pages.read(8), "little") & ((1 << 55) - 1))
        """,
    )
    others = (NEIGHBOUR.id, "vault", "audit", "storage", str(wallet.socket))
    assert not [word for word in others if word in mounts.replace(intruder.id, "")]
    assert not [line for line in unix if "/" in line or "@" in line]
    assert frames == 0, "where its memory lies in the machine's is not told"


@pytest.mark.attack(52)
def test_ending_everything_that_it_can_reach_ends_itself_alone(client: Client, intruder: Intruder) -> None:
    intruder.told(client, "attempt(os.kill, -1, signal.SIGKILL); attempt(os.kill, 1, signal.SIGKILL)")
    assert intruder.told(client, "tell('alone')") == ["alone"]


@pytest.mark.attack(22)
def test_what_it_takes_without_end_ends_at_its_own_limits(client: Client, intruder: Intruder) -> None:
    results = intruder.told(
        client,
        """
        resource.setrlimit(resource.RLIMIT_STACK, (65536, 65536))
        threading.stack_size(65536)
        blocks, descriptors, threads, files = [], [], [], []
        def take_memory():
            while True:
                blocks.append(mmap.mmap(-1, 16 << 20))
                blocks[-1].write(b"x" * 4096)
        def take_descriptors():
            while True:
                descriptors.append(os.dup(0))
        def take_space():
            with open("/tmp/full", "wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 16))
        tell(attempt(take_descriptors))
        for descriptor in descriptors:
            os.close(descriptor)
        tell(attempt(take_space))
        os.remove("/tmp/full")
        tell(attempt(take_memory))
        blocks.clear()
        tell(attempt(os.fork))
        """,
    )
    assert results == ["EMFILE", "ENOSPC", "ENOMEM", "ENOSYS"]


@pytest.mark.attack(22)
def test_processor_time_that_it_takes_without_end_keeps_nobody_waiting(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    spins = """
        import hashlib
        threading.stack_size(1 << 18)
        def spin():
            while True:
                hashlib.pbkdf2_hmac("sha256", b"x", b"y", 200_000)
        for _ in range(8):
            threading.Thread(target=spin, daemon=True).start()
        tell("spinning")
    """
    assert intruder.told(client, spins) == ["spinning"]
    with wallet.connect() as other:
        stored = other.call(secret.Create(kind="note", label="Meanwhile", value=b"kept")).item
        for _ in range(30):
            assert other.call(secret.Read(item=stored.item)).value == b"kept"
    wallet.user.approves(action_contains="remove")
    client.call(wallet_interface.Remove(extension=intruder.principal))  # and is there no more
