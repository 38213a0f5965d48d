"""Names that an update changes stand for one program, and nothing else does."""

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.evidence.versions import is_in_store, lasting, lasting_script

DIGEST = "6krkl5ka31qd8ll1801w5z32cbm6k838"
OTHER = "0h4swy75p33dmxj6f6sg0g4y8hzl1rak"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/opt/shop-1.2.3/shop", "/opt/shop-1.2.4/shop"),
        ("/home/u/.config/chat/0.0.40/chat", "/home/u/.config/chat/0.1.2/chat"),
        ("/home/u/Apps/Chat-1.2-x86_64.AppImage", "/home/u/Apps/Chat-10.0.1-x86_64.AppImage"),
        ("/home/linuxbrew/.linuxbrew/Cellar/gh/2.40.0/bin/gh", "/home/linuxbrew/.linuxbrew/Cellar/gh/2.41.0/bin/gh"),
        (f"/nix/store/{DIGEST}-mutt-2.2.12/bin/mutt", f"/nix/store/{OTHER}-mutt-2.2.13/bin/mutt"),
        (f"/gnu/store/{DIGEST}-mutt-2.2.12/bin/mutt", f"/gnu/store/{OTHER}-mutt-2.2.13/bin/mutt"),
    ],
)
def test_an_update_changes_no_name(before: str, after: str) -> None:
    assert lasting(before) == lasting(after)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/home/u/proj1/run", "/home/u/proj2/run"),
        ("/opt/shop-1.2/shop", "/opt/stop-1.2/shop"),
        ("/opt/shop-1.2/shop", "/opt/shop-1.2/help"),
        ("/opt/shop-1.2/shop", "/opt/shop-*/shop"),
        ("/opt/shop-1.2/shop", "/opt/shop-/shop"),
        ("/opt/shop-1.2/shop", "/opt/shop-1.2.beta/shop"),
        (f"/nix/store/{DIGEST}-mutt-2.2/bin/mutt", f"/nix/store/{DIGEST}-mitt-2.2/bin/mutt"),
        (f"/nix/store/{DIGEST}-mutt/bin/mutt", "/nix/store/*-mutt/bin/mutt"),
        (f"/nix/store/{DIGEST}-mutt/bin/mutt", f"/home/nix/store/{DIGEST}-mutt/bin/mutt"),
        ("/opt/\x011.5/shop", "/opt/\x021.5/shop"),
    ],
)
def test_what_is_no_version_tells_programs_apart(one: str, other: str) -> None:
    assert lasting(one) != lasting(other)


def test_scripts_whose_names_are_numbered_are_told_apart_and_their_folders_versions_are_not() -> None:
    assert lasting_script("/srv/1.1-make.sh") != lasting_script("/srv/1.2-drop.sh")
    assert lasting_script("/opt/tool-1.1/run.sh") == lasting_script("/opt/tool-1.2/run.sh")
    assert lasting_script("/srv/a@b*.sh") == r"/srv/a\x40b\x2a.sh"
    assert lasting_script("/1.1.sh") == "/1.1.sh"


def test_a_store_is_told_from_what_only_looks_like_one() -> None:
    assert is_in_store(f"/nix/store/{DIGEST}-mutt-2.2/bin/mutt")
    for path in (f"/nix/store/{DIGEST[1:]}-mutt/bin/mutt", "/nix/store/mutt", f"/opt/nix/store/{DIGEST}-mutt/bin/mutt"):
        assert not is_in_store(path)


_PATHS = st.binary(max_size=30).map(lambda path: "/" + os.fsdecode(path))


@given(path=_PATHS)
def test_what_holds_no_version_is_reversible(path: str) -> None:
    text = lasting(path, besides="@")
    back = re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes([int(match[1], 16)]), text.encode())
    assert "@" not in text
    assert back == os.fsencode(path) or ("*" in text and re.search(r"[0-9]\.[0-9]", path))
