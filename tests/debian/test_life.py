"""The package's life on a machine: installed, used by an ordinary user, upgraded, downgraded, removed, purged."""

from __future__ import annotations

import pytest
from tests.debian.installed import SECRET, Installed, Person
from tests.debian.packages import LATER

import etui


def test_a_person_keeps_a_password_by_a_program_of_the_desktop_over_her_own_bus(ada: Person) -> None:
    assert ada.looks_up() == SECRET
    assert "TEST PROFILE" in ada.does("etui", "status")


@pytest.mark.attack(233)
def test_nothing_of_the_installed_wallet_can_be_written_by_who_uses_it(installed: Installed, ada: Person) -> None:
    listed = installed.machine.does("dpkg-query", "--listfiles", "etui")
    assert "/usr/lib/etui/bin/python\n" in listed
    tried = 'while read -r path; do [ -w "$path" ] && echo "$path"; [ -u "$path" ] && echo "$path"; done; true'
    assert ada.does("sh", "-c", tried, stdin=listed) == ""
    assert ada.runs("sh", "-c", "echo >>/usr/lib/etui/libexec/etui").status != 0


def test_an_upgrade_a_downgrade_and_a_removal_keep_what_a_person_has(installed: Installed, ada: Person) -> None:
    said = installed.install(installed.packages.later)
    assert installed.version == LATER
    assert "The wallet of ada was started before this upgrade" in said
    ada.ends_wallet()
    ada.starts_wallet()
    assert (ada.running, ada.looks_up()) == (LATER, SECRET)
    ada.ends_wallet()

    installed.install(installed.packages.now)
    ada.starts_wallet()
    assert (ada.running, ada.looks_up()) == (etui.__version__, SECRET)

    said = installed.machine.does("dpkg", "--remove", "etui")
    assert "its owner runs `etui export FILE`" in said
    assert "The wallet of ada locks and ends." in said
    assert installed.processes() == []
    kept = ada.files()
    installed.machine.does("dpkg", "--purge", "etui")
    assert not installed.machine.path("/usr/lib/etui").exists()
    assert not installed.machine.path("/etc/chromium/native-messaging-hosts/org.etui.browser.json").exists()
    assert ada.files() == kept

    installed.install(installed.packages.now)
    ada.starts_wallet()
    assert ada.looks_up() == SECRET
