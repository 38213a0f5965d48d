"""The package's life on a machine: installed, used by an ordinary user, upgraded, downgraded, removed, purged."""

from __future__ import annotations

import shutil

import pytest
from tests.debian.installed import SECRET, Installed, Person
from tests.debian.packages import LATER

import etui

pytestmark = pytest.mark.timeout(900)  # the package is built and installed for the first of them

LOAD = """
import ctypes, pathlib
for path in sorted(pathlib.Path("/usr/lib/etui/lib").rglob("*.so*")):
    ctypes.CDLL(str(path))
print("loaded")
"""
WINDOW = """
import importlib, pkgutil
from PySide6.QtWidgets import QApplication, QLabel
import etui.trusted.dialog.qt as room
for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
    importlib.import_module(found.name)
application = QApplication(["window"])
label = QLabel("shown")
label.show()
application.processEvents()
print(application.platformName())
print(open("/proc/self/maps").read())
"""
WORDS = """
from PySide6.QtCore import QCollator, QLocale, QTimeZone
print(QLocale("tr_TR").toUpper("istanbul"))
collator = QCollator(QLocale("de_DE"))
print(*sorted(["Zebra", "\u00c4pfel", "abc"], key=collator.sortKey))
print(QTimeZone(b"Europe/Berlin").displayName(QTimeZone.TimeType.StandardTime, locale=QLocale("de_DE")))
"""
ON_A_DISPLAY = """
Xvfb :7 -screen 0 800x600x24 -nolisten tcp 2>/dev/null &
until [ -S /tmp/.X11-unix/X7 ]; do sleep 0.1; done
DISPLAY=:7 /usr/lib/etui/bin/python -I -c "$1"
status=$?
kill $!
exit $status
"""


def test_a_person_keeps_a_password_by_a_program_of_the_desktop_over_her_own_bus(ada: Person) -> None:
    assert ada.looks_up() == SECRET
    assert "TEST PROFILE" in ada.does("etui", "status")


def test_every_library_of_the_package_finds_what_it_is_linked_to(installed: Installed) -> None:
    assert "loaded" in installed.machine.does("/usr/lib/etui/bin/python", "-I", "-c", LOAD)


def test_every_module_was_compiled_when_it_was_installed(installed: Installed) -> None:
    assert installed.uncompiled() == []


def test_qt_folds_orders_and_names_by_what_is_left_of_icus_data(installed: Installed) -> None:
    said = installed.machine.does("/usr/lib/etui/bin/python", "-I", "-c", WORDS)
    assert said == "İSTANBUL\nabc Äpfel Zebra\nGMT+01:00\n"


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs package xvfb")
def test_the_dialogs_window_is_drawn_by_the_packages_own_qt(ada: Person) -> None:
    said = ada.does("sh", "-c", ON_A_DISPLAY, "sh", WINDOW)
    platform, *mapped = said.splitlines()
    assert platform == "xcb"
    loaded = {line.split()[-1] for line in mapped if "/" in line}
    assert [path for path in loaded if path.endswith("platforms/libqxcb.so")]
    ours = {path for path in loaded if "Qt" in path or "PySide" in path or "libicu" in path or "shiboken" in path}
    assert [path for path in ours if not path.startswith("/usr/lib/etui/")] == []


@pytest.mark.attack(233)
def test_nothing_of_the_installed_wallet_can_be_written_by_who_uses_it(installed: Installed, ada: Person) -> None:
    listed = installed.machine.does("dpkg-query", "--listfiles", "etui")
    assert "/usr/lib/etui/bin/python\n" in listed
    tried = 'while read -r path; do [ -w "$path" ] && echo "$path"; [ -u "$path" ] && echo "$path"; done; true'
    assert ada.does("sh", "-c", tried, stdin=listed) == ""
    assert ada.does("find", "/usr/lib/etui", "-writable", "-not", "-type", "l") == ""
    assert ada.runs("sh", "-c", "echo >>/usr/lib/etui/libexec/etui").status != 0


def test_an_upgrade_and_a_downgrade_keep_what_a_person_has(installed: Installed, ada: Person) -> None:
    said = installed.install(installed.packages.later)
    assert installed.version == LATER
    assert f"The wallet of {ada.name} was started before this upgrade" in said
    assert installed.uncompiled() == []
    assert (ada.running, ada.looks_up()) == (etui.__version__, SECRET)
    process = ada.process
    ada.does("etui", "lock")
    ada.waits_for_version(LATER)
    assert (ada.state, ada.process) == ("locked", process)
    ada.unlocks()
    assert ada.looks_up() == SECRET

    ada.does("etui", "lock")
    ada.waits_until("locked")
    installed.install(installed.packages.now)
    ada.waits_for_version(etui.__version__)
    ada.unlocks()
    assert ada.looks_up() == SECRET
    assert ada.process == process


def test_a_removal_says_how_to_export_and_neither_it_nor_a_purge_takes_anything_from_a_person(
    installed: Installed, ada: Person
) -> None:
    said = installed.machine.does("dpkg", "--remove", "etui")
    assert "its owner runs `etui export FILE`" in said
    assert f"The wallet of {ada.name} locks and ends." in said
    assert installed.processes() == []
    kept = ada.files()
    installed.machine.does("dpkg", "--purge", "etui")
    assert not installed.machine.path("/usr/lib/etui").exists()
    assert not installed.machine.path("/etc/chromium/native-messaging-hosts/org.etui.browser.json").exists()
    assert ada.files() == kept

    installed.install(installed.packages.now)
    ada.starts_wallet()
    assert ada.looks_up() == SECRET
