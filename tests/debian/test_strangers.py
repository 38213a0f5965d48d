"""Extensions that others wrote, in a wallet that the machine runs: installed by its person, and confined twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from tests.debian.installed import Installed
from tests.debian.managed import SECRET, Managed
from tests.hostile.intruder import Intruder

pytestmark = pytest.mark.timeout(1500)  # the package is built and installed for the first of them

SITE: Final = "/usr/lib/etui/lib/python3.11/site-packages"
NEIGHBOUR: Final = "neighbour"
CALLS: Final = """
import sys
sys.path[:0] = sys.argv[1:2]
import json
from etui.sdk import Client
with Client.connect(name="caller") as client:
    answer = client.call_raw(sys.argv[2], json.dumps({"code": sys.argv[3]}).encode())
print(json.loads(answer)["told"])
"""
KEPT: Final = ("wallet", "vault", "storage", "dialog")


class Stranger(Intruder):
    """One that a person of the machine's has installed."""

    def __init__(self, name: str, person: Managed) -> None:
        super().__init__(name)
        self._person = person
        self.code_folder = f"{person.state}/extensions/{self.id}"

    def comes(self, folder: Path, version: str = "1.0.0") -> str:
        """Has its person install it, or an update; what the command says."""
        file = folder / f"{self.id}-{version}.etuipkg"
        file.write_bytes(self.package(version))
        self._person.machine.put(file, f"/var/tmp/{file.name}")
        return self._person.does("extension", "install", f"/var/tmp/{file.name}")

    def runs(self, text: str) -> Any:  # noqa: ANN401  # JSON
        """What it tells of running this."""
        return msgspec.json.decode(self._person.program(CALLS, SITE, f"{self.interface}.run", text))

    @property
    def pattern(self) -> str:
        """What is found in its command line, and not in that of what looks for it."""
        return f"{self.code_folder[:-1]}[{self.code_folder[-1]}]/"

    @property
    def processes(self) -> dict[str, str]:
        """Those that run from its code, each with its user."""
        look = f"for p in $(pgrep --full '{self.pattern}'); do echo $p $(stat --format=%u /proc/$p); done"
        lines = self._person.machine.does("sh", "-c", look).splitlines()
        return dict(line.split() for line in lines if len(line.split()) == 2)


@pytest.fixture(scope="module")
def tove(installed: Installed) -> Iterator[Managed]:
    """A person with a wallet that has a secret in it, unlocked."""
    person = Managed(installed.machine, "tove")
    person.does("init")
    person.does("add", "Mail", stdin=SECRET)
    yield person
    person.ends()


@pytest.fixture(scope="module")
def intruder(tove: Managed, tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    stranger = Stranger("intruder", tove)
    assert "Installed" in stranger.comes(tmp_path_factory.mktemp("packages"))
    return stranger


def test_it_runs_as_a_user_of_its_own_who_is_nobody_else(tove: Managed, intruder: Stranger) -> None:
    assert intruder.runs("tell('here')") == ["here"]
    users = set(intruder.processes.values())
    assert len(users) == 1
    assert not users & {"0", str(tove.uid)}
    [user] = users
    assert tove.machine.run("getent", "passwd", f"etui-r-{tove.uid}").output.split(":")[2] != user


@pytest.mark.attack(280)
def test_its_code_is_written_by_the_routers_user_alone_and_nobody_sees_what_is_there(
    tove: Managed, intruder: Stranger
) -> None:
    intruder.runs("tell('here')")
    [user] = set(intruder.processes.values())
    owner = tove.machine.does("stat", "--format=%U", intruder.code_folder).strip()
    assert owner == f"etui-r-{tove.uid}"
    tries = f"""
        cat {intruder.code_folder}/1.0.0/main.py >/dev/null && echo read
        for path in {intruder.code_folder}/1.0.0/main.py {intruder.code_folder}/1.0.0 {intruder.code_folder}; do
            mv $path $path- && echo moved $path
            touch $path/planted && echo planted in $path
            chmod u+w $path && echo opened $path
        done
        echo >>{intruder.code_folder}/1.0.0/main.py && echo written
        cat {intruder.code_folder}/installation.json {tove.state}/extensions/supplied.json && echo records
        ls {tove.state}/extensions && echo listed
        ls {intruder.code_folder} && echo versions
    """
    as_run = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs", "sh", "-c", tries)
    assert tove.machine.run(*as_run).output == "read\n"
    assert tove.machine.run("sh", "-c", tries, user=tove.name).output == "read\n"


@pytest.mark.attack(280)
def test_it_finds_neither_home_nor_wallet_nor_a_neighbour_nor_a_socket(
    tove: Managed, intruder: Stranger, tmp_path: Path
) -> None:
    neighbour = Stranger(NEIGHBOUR, tove)
    neighbour.comes(tmp_path)
    neighbour.runs("tell('here')")
    private = [f"{tove.state}/{name}" for name in (*KEPT, f"extensions/{neighbour.id}", "extensions/supplied.json")]
    private += [f"{intruder.code_folder}/installation.json", f"/home/{tove.name}", "/etc/passwd", "/etc/machine-id"]
    private += [f"{tove.runtime}/{name}" for name in ("router", "session", "files", "vault", "extension")]
    private += ["/run", "/sys", "/dev/shm", "/tmp/.X11-unix"]
    ways = [f"{way}{path}" for way in ("", "/proc/self/root", "/proc/1/root") for path in private]
    assert intruder.runs(f"tell(sorted({{attempt(os.stat, path) for path in {ways!r}}}))") == [["ENOENT"]]
    connects = f"socket.socket(socket.AF_UNIX, kind).connect('{tove.runtime}/router')"
    tries = f"for kind in (1, 5): tell(attempt(lambda: {connects}))"
    assert set(intruder.runs(tries)) <= {"ENOENT", "EPERM", "EAFNOSUPPORT", "EACCES"}


@pytest.mark.attack(280)
def test_it_sees_ends_and_traces_no_process_but_its_own(tove: Managed, intruder: Stranger) -> None:
    numbers = "tell(sorted(int(name) for name in os.listdir('/proc') if name.isdigit()))"
    assert intruder.runs(numbers) == [[1, 2]]
    before = tove.processes()
    others = [pid for pids in before.values() for pid in pids]
    tries = f"for pid in {others!r}: tell(attempt(os.kill, pid, 9)) if pid > 2 else None"
    assert set(intruder.runs(tries)) == {"ESRCH"}
    traces = f"for pid in {others!r}: tell(libc.ptrace(16, pid, 0, 0)) if pid > 2 else None"
    assert set(intruder.runs(traces)) == {-1}
    assert intruder.runs("tell('still here')") == ["still here"]
    assert {unit: pids for unit, pids in tove.processes().items() if unit in before} == before


@pytest.mark.attack(280)
def test_outside_of_its_confinement_too_it_would_reach_no_other_part(tove: Managed, intruder: Stranger) -> None:
    """As one does that has broken out of bubblewrap: by its user alone, in its unit's namespaces."""
    intruder.runs("tell('here')")
    pid, user = next(iter(intruder.processes.items()))
    others = [str(number) for pids in tove.processes().values() for number in pids if str(number) != pid]
    kept = " ".join(f"{tove.state}/{name}" for name in KEPT)
    tries = f"""
        for path in {kept} {tove.state}/wallet/profile.json {tove.state}/vault/slots.json /home/{tove.name}; do
            ls $path && echo listed $path
        done
        for path in router session files vault storage extension; do
            python3 -c "import socket; socket.socket(1, 5).connect('{tove.runtime}/$path')" && echo connected $path
        done
        for pid in {" ".join(others)}; do
            [ "$(stat --format=%u /proc/$pid)" = {user} ] || ! kill -0 $pid || echo signalled $pid
        done
    """
    unit = next(pids for name, pids in tove.processes().items() if int(pid) in pids)
    as_run = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs", "sh", "-c", tries)
    ran = tove.machine.run("nsenter", f"--target={min(unit)}", "--mount", "--", *as_run)
    assert ran.output == "", ran.error
    assert "Permission denied" in ran.error


def test_an_update_takes_its_place_and_an_older_one_is_refused(
    tove: Managed, intruder: Stranger, tmp_path: Path
) -> None:
    assert "1.1.0" in intruder.comes(tmp_path, "1.1.0")
    assert intruder.runs("tell(sys.argv[0])") == [f"{intruder.code_folder}/1.1.0/main.py"]
    refused = tove.runs("extension", "install", f"/var/tmp/{intruder.id}-1.0.0.etuipkg")
    assert refused.status != 0
    assert "is older" in refused.error


def test_it_comes_along_into_another_wallet_and_runs_there(tove: Managed, intruder: Stranger) -> None:
    tove.does("export", "all.etui")
    tove.machine.does("etui", "managed", "off", tove.name)
    tove.machine.does("mv", tove.state, f"{tove.state}.before")
    tove.machine.does("etui", "managed", "on", tove.name, "--script", f"/root/script-{tove.name}")
    tove.does("restore", "all.etui")
    tove.does("unlock")
    assert intruder.runs("tell('here')") == ["here"]
    assert tove.does("use", "Mail", "--stdin", "--", "cat") == SECRET


def test_removed_nothing_of_it_is_left(tove: Managed, intruder: Stranger) -> None:
    intruder.runs("tell('here')")
    tove.does("extension", "remove", "--yes", intruder.principal)
    assert tove.machine.run("ls", intruder.code_folder).status != 0
    tove.machine.does("sh", "-c", f"while pgrep --full '{intruder.pattern}'; do sleep 0.1; done")
    assert intruder.id not in tove.does("extension", "list")
