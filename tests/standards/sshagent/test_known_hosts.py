"""Known hosts: the lines of a file, and what OpenSSH makes of the same ones."""

from __future__ import annotations

import base64
import fnmatch
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.standards.sshagent.openssh import needed, ran

from etui.standards.sshagent import TooLargeError, parse_known_hosts
from etui.standards.sshagent.known_hosts import MAX_LINES, MAX_TEXT_CHARACTERS
from etui.standards.sshagent.patterns import fits
from etui.standards.sshagent.wire import string, text

KEY: Final = text("ssh-ed25519") + string(bytes(32))
OTHER: Final = text("ssh-ed25519") + string(b"\1" * 32)


def line(names: str, key: bytes = KEY, rest: str = "") -> str:
    return f"{names} ssh-ed25519 {base64.b64encode(key).decode()}{rest}\n"


def test_the_names_of_a_key_are_told_in_order_and_once() -> None:
    known = parse_known_hosts(
        "# a comment\n\n"
        + line("b.example,a.example", rest=" a comment, too")
        + line("[a.example]:2222")
        + line("c.example", OTHER)
        + line("a.example,*.example,!d.example,e?")
        + line("@cert-authority f.example")
        + line("@revoked g.example", OTHER)
    )
    assert known.names(KEY) == ("b.example", "a.example", "[a.example]:2222")
    assert known.names(OTHER) == ("c.example",)
    assert known.names(b"") == ()


def test_a_name_is_known_by_its_patterns_without_regard_to_case() -> None:
    known = parse_known_hosts(line("*.Example,!bad.example,host?,[10.0.0.*]:22??"))
    for name in ("a.example", "A.EXAMPLE", "a.b.example", "host1", "[10.0.0.7]:2200"):
        assert known.is_known(KEY, name), name
        assert not known.is_known(OTHER, name)
    for name in ("bad.example", "BAD.example", "example", "host", "host12", "[10.0.0.7]:22", "10.0.0.7", ""):
        assert not known.is_known(KEY, name), name


def test_a_negated_pattern_is_for_its_own_line_alone() -> None:
    known = parse_known_hosts(line("*,!a") + line("a"))
    assert known.is_known(KEY, "a")
    assert not parse_known_hosts(line("!a")).is_known(KEY, "b"), "a line of negated patterns is for nobody"


def test_markers_are_kept_apart() -> None:
    known = parse_known_hosts(line("@cert-authority *.example") + line("@revoked *", OTHER) + line("x", OTHER))
    assert known.is_authority(KEY, "a.example")
    assert not known.is_authority(KEY, "a.test")
    assert not known.is_authority(OTHER, "x")
    assert not known.is_known(KEY, "a.example")
    assert known.is_revoked(OTHER)
    assert not known.is_revoked(KEY)


@pytest.mark.parametrize(
    "damaged",
    [
        "a.example\n",
        "a.example ssh-ed25519\n",
        "a.example ssh-ed25519 AAAA\n",
        "a.example ssh-ed25519 é\n",
        line("a.example").replace("ssh-ed25519", "ssh-rsa"),
        line("@other a.example"),
        line("@Revoked a.example"),
        "@revoked\n",
        line(","),
        line("|1|AAAA|AAAA"),
        line("|2|" + "A" * 28 + "|" + "A" * 28),
        line("|1|" + "A" * 27 + "=|" + "A" * 27 + "=|x"),
        line("#a.example"),
        line("a" * 400),
        line("a.example", rest=" " + "c" * 70_000),
    ],
)
def test_a_damaged_line_is_passed_over(damaged: str) -> None:
    known = parse_known_hosts(damaged + line("b.example"))
    assert known.names(KEY) == ("b.example",)
    assert not known.is_revoked(KEY)
    assert list(known._by_key) == [KEY]


def test_lines_of_another_system_are_read() -> None:
    assert parse_known_hosts(line("\ta.example").replace("\n", "\r\n") + line("b").rstrip()).names(KEY) == (
        "a.example",
        "b",
    )


def test_openssh_hashes_names_that_are_known_then_by_asking_alone(tmp_path: Path) -> None:
    needed()
    path = tmp_path / "known_hosts"
    names = ("a.example", "[a.example]:2222", "10.0.0.7", "fe80::1")
    path.write_text("".join(map(line, names)))
    ran("ssh-keygen", "-H", "-f", path)
    hashed = path.read_text()
    assert "example" not in hashed
    known = parse_known_hosts(hashed)
    assert known.names(KEY) == ()
    for name in names:
        assert known.is_known(KEY, name)
        assert known.is_known(KEY, name.upper())
        assert not known.is_known(OTHER, name)
    assert not known.is_known(KEY, "b.example")
    assert not known.is_known(KEY, "a.example:2222")


@pytest.mark.parametrize(
    "names",
    ["a.example", "*.example", "?.example", "*,!a.example", "A.Example", "b,*e", "a", "**", "a.*.example", "!b"],
)
def test_openssh_finds_the_same_host(tmp_path: Path, names: str) -> None:
    needed()
    path = tmp_path / "known_hosts"
    path.write_text(line(names))
    known = parse_known_hosts(path.read_text())
    for name in ("a.example", "b", "aa.example", "a.b.example", "a"):
        found = ran("ssh-keygen", "-F", name, "-f", path, status=0 if known.is_known(KEY, name) else 1)
        assert ("found" in found) is known.is_known(KEY, name)


@settings(max_examples=500)
@example("*a*a*", "a")
@example("*a?*a", "aba")
@given(st.text("ab*?[", max_size=9) | st.text("a*?", max_size=9), st.text("ab[", max_size=9))
def test_patterns_fit_as_they_do_elsewhere(pattern: str, name: str) -> None:
    assert fits(pattern, name) is fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))


PIECES: Final = st.lists(st.sampled_from(["a", "|1|", "@revoked", "ssh-ed25519", " ", "\n", "é"])).map("".join)


@given(st.text(max_size=300) | PIECES)
def test_whatever_the_text_is_it_is_read(given_: str) -> None:
    known = parse_known_hosts(given_ + "\n" + line("b.example"))
    assert "b.example" in known.names(KEY)


def test_a_text_has_an_end() -> None:
    with pytest.raises(TooLargeError):
        parse_known_hosts(" " * (MAX_TEXT_CHARACTERS + 1))
    with pytest.raises(TooLargeError):
        parse_known_hosts("\n" * (MAX_LINES + 1))
    assert parse_known_hosts("\n" * (MAX_LINES - 1) + line("b.example")).names(KEY) == ("b.example",)


def test_stars_are_not_tried_in_each_way_in_which_they_may_share_a_name() -> None:
    # which would not come to an end
    known = parse_known_hosts(line(",".join(["*a" * 159] * 100)))
    assert not known.is_known(KEY, "a" * 300 + "b")
