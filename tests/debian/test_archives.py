"""A person moves in with the wallet that they have, out again with all of it, and is left with no half of one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec
import pytest
from tests.debian.installed import SECRET, Installed, Person
from tests.debian.managed import EXPORT, Managed

from etui.cli.exits import Exit

pytestmark = pytest.mark.timeout(1500)  # the package is built and installed for the first of them

ARCHIVE: Final = "mine.etui"
BACK: Final = "back.etui"
ASIDE: Final = "ls -d /var/lib/etui/.*.aside"


@pytest.fixture(scope="module")
def nora(installed: Installed) -> Iterator[Person]:
    """Somebody with a wallet of her own, whose archive lies beside it; it does not run any more."""
    person = Person(installed.machine, "etui-nora")
    person.starts_wallet()
    person.stores()
    person.does("etui", "key", "make", "Bound", "--bound", "--algorithm", "ed25519")
    person.does("etui", "export", ARCHIVE)
    person.ends_wallet()
    yield person
    installed.machine.remove_user(person.name)


@pytest.fixture
def managed(installed: Installed, nora: Person) -> Iterator[Managed]:
    """The machine runs a wallet for her, and none was made yet."""
    person = Managed(installed.machine, nora.name, is_known=True)
    yield person
    installed.machine.does("etui", "managed", "off", nora.name)
    left_over = f"/var/lib/etui/.{person.uid}.aside"
    installed.machine.does("rm", "--recursive", "--force", person.state, left_over)


def assert_whole(managed: Managed) -> None:
    """That everything is in it which was in hers."""
    assert managed.does("use", "Mail", "--stdin", "--", "cat") == SECRET
    assert "Bound" in managed.does("key", "list")


def state_of(person: Managed) -> str:
    return str(msgspec.json.decode(person.does("status", "--json"))["state"])


def test_a_person_moves_in_and_out_and_nothing_is_lost(managed: Managed, nora: Person) -> None:
    managed.does("restore", ARCHIVE)
    assert state_of(managed) == "locked"
    managed.does("unlock")
    assert_whole(managed)
    assert "whole and in order" in managed.does("audit", "verify")
    nora.does("sh", "-c", "echo I agree. >text")
    refused = managed.runs("sign", "text", "--key", "Bound", "--out", "signed")
    assert "bound to the wallet in which it was made, and this one was restored" in refused.error
    managed.does("add", "Later", stdin="of the machine")
    managed.does("export", BACK)
    assert state_of(managed) == "locked"
    managed.does("unlock")
    assert managed.does("use", "Later", "--stdin", "--", "cat") == "of the machine"
    managed.machine.does("etui", "managed", "off", nora.name)
    nora.does("mv", ".local/share/etui", "before")
    nora.does("etui", "restore", BACK)
    nora.starts_wallet()
    assert nora.does("etui", "use", "Later", "--stdin", "--", "cat") == "of the machine"
    assert nora.looks_up() == SECRET
    assert "whole and in order" in nora.does("etui", "audit", "verify")
    nora.ends_wallet()


@pytest.mark.attack(269)
def test_nothing_is_restored_over_a_wallet_that_is_there(managed: Managed) -> None:
    managed.does("init")
    managed.does("add", "Kept", stdin="kept")
    for _ in ("unlocked", "locked"):
        refused = managed.runs("restore", ARCHIVE)
        assert refused.status == Exit.USAGE
        assert "already, and nothing of it is overwritten" in refused.error
        assert managed.does("use", "Kept", "--stdin", "--", "cat") == "kept"
        managed.does("lock")
        managed.does("unlock")


@pytest.mark.attack(270)
def test_what_is_no_whole_archive_leaves_no_wallet(managed: Managed, nora: Person) -> None:
    nora.does("sh", "-c", f"head --bytes=-4096 {ARCHIVE} >cut.etui; (cat {ARCHIVE}; echo more) >longer.etui")
    for name in ("cut.etui", "longer.etui"):
        assert "the archive is damaged" in managed.runs("restore", name).error
        # As by a program that does not look itself.
        assert managed.program(HANDS_OVER, SITE, name).startswith("1 the archive is damaged")
        assert state_of(managed) == "none"
    assert managed.machine.run("sh", "-c", ASIDE).status != 0


HANDS_OVER: Final = """
import sys
sys.path[:0] = sys.argv[1:2]
from etui.cli.command import profile_place
from etui.cli.exits import CommandError
from etui.cli.handed import restoring
with open(sys.argv[2], "rb") as file, restoring(profile_place()) as handing:
    handing.write(file)
    try:
        handing.done()
        print("restored")
    except CommandError as error:
        print(int(error.status), error)
    handing.over()
"""
SITE: Final = "/usr/lib/etui/lib/python3.11/site-packages"


def test_a_real_wallet_is_not_made_of_a_test_profile(installed: Installed, nora: Person) -> None:
    person = Managed(installed.machine, nora.name, scripted=False, is_known=True)
    refused = person.runs("restore", ARCHIVE)
    assert refused.status == Exit.USAGE
    assert "the archive of a test profile, and the machine was told to run a real wallet" in refused.error
    assert state_of(person) == "none"
    installed.machine.does("etui", "managed", "off", nora.name)
    installed.machine.does("rm", "--recursive", person.state)


@pytest.mark.attack(271)
@pytest.mark.parametrize("killed", ["etui.trusted.supervisor.archivin[g] ", "etui.trusted.supervisor.manage[d] "])
@pytest.mark.parametrize("seen", ["archive", ".wallet.*.unfinished", "wallet", "vault", "dialog"])
def test_a_cut_leaves_no_wallet_or_the_whole_one(managed: Managed, seen: str, killed: str) -> None:
    aside = f"/var/lib/etui/.{managed.uid}.aside"
    cuts = f"""
        until archive=$(pgrep --oldest --full 'etui.trusted.supervisor.archivin[g] '); do :; done
        pid=$(pgrep --oldest --full '{killed}')
        while [ -d /proc/$archive ]; do
            for found in {aside}/{seen}; do [ ! -e "$found" ] || break 2; done
        done
        kill -KILL $pid || true  # it may be done by then, on a slow machine
    """
    with ThreadPoolExecutor(1) as beside:
        cut = beside.submit(managed.machine.run, "sh", "-c", cuts)
        managed.runs("restore", ARCHIVE)
        assert cut.result().status == 0, cut.result().error
    if state_of(managed) == "none":
        managed.does("restore", ARCHIVE)
        assert managed.machine.run("sh", "-c", ASIDE).status != 0
    managed.does("unlock")
    assert_whole(managed)


@pytest.mark.attack(272)
def test_no_program_has_the_archive_by_a_mere_yes(managed: Managed) -> None:
    managed.does("init")
    script = f"{managed.state}/dialog/script"
    managed.machine.does("sed", "--in-place", f"/{EXPORT}/d", script)
    managed.machine.does("chown", f"etui-d-{managed.uid}", script)
    refused = managed.runs("export", "asked.etui")
    assert refused.status == Exit.DENIED
    assert managed.machine.run("ls", f"/home/{managed.name}/asked.etui").status != 0
    assert state_of(managed) == "unlocked"


@pytest.mark.attack(272)
def test_a_program_that_hands_nothing_over_gets_nothing(managed: Managed) -> None:
    managed.does("init")
    told = managed.program(ASKS, SITE)
    assert "nothing was handed over under this token" in told
    assert state_of(managed) == "unlocked"


ASKS: Final = """
import sys
sys.path[:0] = sys.argv[1:2]
from etui.interfaces import wallet_1 as wallet
from etui.protocol import ProtocolError
from etui.sdk import Client
try:
    with Client.connect(name="thief") as client:
        client.call(wallet.Export(handed="0" * 32))
except ProtocolError as error:
    print(error.message)
"""
