"""The values that leave the room: ordered strengths, injective principals, printable texts."""

import os
import re
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.evidence import Note, Strength
from etui.trusted.evidence.containers import holds_a_session, names_one_service
from etui.trusted.evidence.deputies import Deputy, deputy_kind, family
from etui.trusted.evidence.evidence import escaped, printable
from etui.trusted.evidence.process import Unit

_PATHS = st.binary(max_size=30).map(os.fsdecode)


def _unescaped(text: str) -> bytes:
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())


def test_strengths_are_ordered() -> None:
    assert Strength.CLAIMED < Strength.OBSERVED < Strength.VERIFIED
    assert min(Strength.VERIFIED, Strength.OBSERVED) is Strength.OBSERVED
    assert msgspec.json.encode(Strength.CLAIMED) == b'"claimed"'


def test_every_note_has_a_sentence_for_people() -> None:
    assert all(note.sentence.endswith(".") for note in Note)


@given(path=_PATHS)
def test_two_paths_never_share_an_escaped_form(path: str) -> None:
    text = escaped(path, besides="@")
    assert _unescaped(text) == os.fsencode(path)
    assert "@" not in text


@given(path=_PATHS)
def test_no_text_holds_control_characters_or_broken_unicode(path: str) -> None:
    for text in (escaped(path), printable(path)):
        text.encode("utf-8")
        assert not any(unicodedata.category(character) == "Cc" for character in text)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/usr/bin/python3.11", Deputy.INTERPRETER),
        ("/opt/pypy/bin/pypy3.10-c", Deputy.INTERPRETER),
        ("/usr/bin/lua5.4", Deputy.INTERPRETER),
        ("/usr/bin/node18", Deputy.INTERPRETER),
        ("/usr/bin/luajit-2.1.0-beta3", Deputy.INTERPRETER),
        ("/usr/bin/dash", Deputy.SHELL),
        ("/usr/bin/zsh-5.9", Deputy.SHELL),
        ("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", Deputy.LOADER),
        ("/lib/ld-2.31.so", Deputy.LOADER),
        ("/lib/ld-musl-x86_64.so.1", Deputy.LOADER),
        ("/usr/bin/secret-tool", Deputy.TOOL),
        ("/usr/local/bin/etui", Deputy.TOOL),
        ("/usr/bin/firefox", None),
        ("/usr/lib/thunderbird/thunderbird", None),
        ("/usr/bin/gnome-keyring-daemon", None),
        ("/", None),
    ],
)
def test_deputies_are_known_by_file_name_without_version(path: str, kind: Deputy | None) -> None:
    assert deputy_kind(path) is kind


def test_family_is_the_name_without_its_version() -> None:
    assert family("/usr/bin/python3.11") == "python"
    assert family("/usr/bin/secret-tool") == "secret-tool"
    assert family("/usr/bin/7z") == "7z"


@pytest.mark.parametrize("name", ["gnome-terminal-server", "sshd", "tmux", "xfce4-terminal", "i3", "emacs-29.1"])
def test_terminals_and_session_managers_hold_a_session(name: str) -> None:
    assert holds_a_session(f"/usr/bin/{name}")


@pytest.mark.parametrize("name", ["firefox", "mailer", "thunderbird"])
def test_programs_hold_no_session(name: str) -> None:
    assert not holds_a_session(f"/usr/bin/{name}")


@pytest.mark.parametrize(
    ("name", "lasting"),
    [
        ("backup.service", True),
        ("app-org.example.Sync@autostart.service", True),
        ("app-org.kde.konsole@0123abcd.service", False),
        ("run-r0123.service", False),
        ("gnome-terminal-server.service", False),
        ("cron.service", False),
        ("ssh@3-10.service", False),
        ("dbus-:1.2-org.example.X@0.service", False),
    ],
)
def test_lasting_services_are_told_from_containers_and_passing_ones(name: str, lasting: bool) -> None:  # noqa: FBT001
    assert names_one_service(Unit(name, 1000)) is lasting
