"""A wallet that the machine runs, on a machine with a TPM: its vault alone reaches that.

A TPM in software stands at the place of the kernel's device. Whether the kernel lets the unit have the device itself
(``DeviceAllow``) cannot be seen by that; what systemd was told is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest
from tests.debian.installed import Installed
from tests.debian.managed import Managed
from tests.tpms import SoftTpm, soft_tpm

from etui.testkit import ScriptedUser
from etui.testkit.user import PASSPHRASE

pytestmark = pytest.mark.timeout(1500)  # the package is built and installed for the first of them

PIN: Final = "271845"
DEVICE: Final = "/dev/tpmrm0"


@pytest.fixture(scope="module")
def tpm(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftTpm]:
    """The machine's, of root and of the group ``tss``, as Debian has it."""
    machine = installed.machine
    machine.does("groupadd", "--force", "--system", "tss")
    with soft_tpm(tmp_path_factory.mktemp("t"), machine.path(DEVICE)) as soft:
        machine.does("chown", "root:tss", DEVICE)
        machine.does("chmod", "660", DEVICE)
        yield soft


@pytest.fixture(scope="module")
def vera(installed: Installed, tpm: SoftTpm) -> Iterator[Managed]:
    """Somebody whose PIN unlocks the wallet that the machine runs for her."""
    assert tpm.wrong_tries == 0

    def types(user: ScriptedUser) -> None:
        user.rule("type", when={"face": "new_pin"}, secret=PASSPHRASE, new=PIN)
        user.rule("dismiss", when={"face": "unlock", "pin": False})
        user.rule("type", when={"face": "unlock", "pin": True}, secret=PIN)

    person = Managed(installed.machine, "vera", rules=types)
    person.does("init")
    yield person
    person.ends()


def state_of(person: Managed) -> str:
    return str(msgspec.json.decode(person.does("status", "--json"))["state"])


def test_a_pin_unlocks_where_the_machines_tpm_counts(vera: Managed) -> None:
    assert "The PIN unlocks." in vera.does("pin", "--unlock")
    vera.does("lock")
    vera.does("unlock")
    assert state_of(vera) == "unlocked"


@pytest.mark.attack(282)
def test_no_other_part_and_no_program_of_the_person_reaches_the_tpm(vera: Managed) -> None:
    tries = f"test -e {DEVICE} && echo there"
    units = {name: pids for name, pids in vera.processes().items() if f"@{vera.uid}." in name or "extension" in name}
    told = {}
    for name, pids in units.items():
        machine = vera.machine
        told[name.partition("@")[0]] = machine.run(
            "nsenter", f"--target={min(pids)}", "--mount", "sh", "-c", tries
        ).output
    assert told.pop("etui-vault") == "there\n"
    assert set(told.values()) == {""}, told
    vault = vera.machine.does("id", "--groups", "--name", f"etui-v-{vera.uid}").split()
    assert "tss" in vault
    opens = f"import socket; socket.socket(socket.AF_UNIX).connect('{DEVICE}')"
    assert "PermissionError" in vera.machine.run("/usr/bin/python3", "-c", opens, user=vera.name).error


def test_the_unit_may_have_that_device_and_no_other(vera: Managed) -> None:
    unit = f"etui-vault@{vera.uid}.service"
    shown = vera.machine.does("systemctl", "show", "--property=DevicePolicy,DeviceAllow", unit).splitlines()
    # The clock's is what systemd lets in, to be read, with ProtectClock.
    assert sorted(shown) == [f"DeviceAllow={DEVICE} rw", "DeviceAllow=char-rtc r", "DevicePolicy=closed"]
