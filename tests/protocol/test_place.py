"""Where a wallet's Router listens, by the environment alone."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.protocol import find_place

SESSION = {"HOME": "/home/ada", "XDG_RUNTIME_DIR": "/run/user/1000"}


def test_the_default_profile_lies_where_the_session_keeps_such_things() -> None:
    place = find_place(SESSION, 1000)
    assert place.home == Path("/home/ada/.local/share/etui")
    assert place.runtime == Path("/run/user/1000/etui")
    assert place.socket == Path("/run/user/1000/etui/router")
    assert find_place({**SESSION, "XDG_DATA_HOME": "/data"}, 1000).home == Path("/data/etui")


def test_without_a_runtime_directory_a_private_one_takes_its_place() -> None:
    assert find_place({"HOME": "/home/ada"}, 1000).socket == Path("/tmp/etui-1000/router")


def test_a_profile_has_a_socket_of_its_own() -> None:
    place = find_place({**SESSION, "ETUI_HOME": "/srv/kiosk"}, 1000)
    assert place.home == Path("/srv/kiosk")
    name = "p-" + hashlib.sha256(b"/srv/kiosk").hexdigest()[:8]
    assert place.socket == Path("/run/user/1000/etui") / name / "router"


def test_the_default_profile_is_the_default_when_it_is_named_too() -> None:
    named = {**SESSION, "ETUI_HOME": "/home/ada/.local/share/etui/"}
    assert find_place(named, 1000) == find_place(SESSION, 1000)


def test_a_profile_is_named_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_place({**SESSION, "ETUI_HOME": "kiosk"}, 1000) == find_place(
        {**SESSION, "ETUI_HOME": str(tmp_path / "kiosk")}, 1000
    )


def test_a_socket_that_is_named_overrides_the_profile_and_leaves_its_folder() -> None:
    place = find_place({**SESSION, "ETUI_HOME": "/srv/kiosk", "ETUI_SOCKET": "/run/else"}, 1000)
    assert (place.home, place.socket) == (Path("/srv/kiosk"), Path("/run/else"))


@pytest.mark.parametrize("name", ["XDG_DATA_HOME", "XDG_RUNTIME_DIR"])
@pytest.mark.parametrize("value", ["", "relative/folder", "."])
def test_a_base_directory_that_is_not_absolute_is_none(name: str, value: str) -> None:
    unset = {key: kept for key, kept in SESSION.items() if key != name}
    assert find_place({**unset, name: value}, 1000) == find_place(unset, 1000)


@pytest.mark.parametrize("name", ["ETUI_HOME", "ETUI_SOCKET", "HOME"])
def test_an_empty_variable_is_one_that_is_not_set(name: str) -> None:
    unset = {key: kept for key, kept in SESSION.items() if key != name}
    assert find_place({**unset, name: ""}, 1000) == find_place(unset, 1000)


def test_a_path_that_no_socket_could_have_is_refused_with_what_helps() -> None:
    room = 107 - len("/etui/router")
    assert len(str(find_place({"XDG_RUNTIME_DIR": "/" + "x" * (room - 1)}, 0).socket)) == 107
    with pytest.raises(ValueError, match="set XDG_RUNTIME_DIR to a shorter one"):
        find_place({"XDG_RUNTIME_DIR": "/" + "x" * room}, 0)


def test_the_length_of_a_path_is_counted_in_bytes() -> None:
    with pytest.raises(ValueError, match="too long"):
        find_place({"XDG_RUNTIME_DIR": "/" + "ä" * 50}, 0)


@given(st.binary(min_size=1).filter(lambda path: b"\0" not in path))
def test_a_folder_may_have_any_name_that_the_system_allows(name: bytes) -> None:
    home = os.fsdecode(b"/" + name)
    place = find_place({**SESSION, "ETUI_HOME": home}, 1000)
    assert place.home == Path(home)
    assert place.runtime.name.startswith("p-")


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, whose folder it is")
def test_a_wallet_that_the_machine_runs_is_found_where_root_made_its_folder(tmp_path: Path) -> None:
    (tmp_path / "1000").mkdir(mode=0o711)
    place = find_place(SESSION, 1000, tmp_path)
    assert (place.socket, place.managed) == (tmp_path / "1000" / "router", True)
    assert find_place(SESSION, 1001, tmp_path) == find_place(SESSION, 1001)


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to give a folder away")
@pytest.mark.parametrize(("mode", "owner"), [(0o777, 0), (0o731, 0), (0o711, 1000)])
def test_a_folder_that_others_write_to_leads_to_nobody(tmp_path: Path, mode: int, owner: int) -> None:
    folder = tmp_path / "1000"
    folder.mkdir()
    folder.chmod(mode)
    os.chown(folder, owner, owner)
    assert not find_place(SESSION, 1000, tmp_path).managed
    folder.rmdir()
    folder.symlink_to("/usr")
    assert not find_place(SESSION, 1000, tmp_path).managed


def test_a_profile_of_ones_own_is_named_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "1000").mkdir(mode=0o711)
    for own in ({"ETUI_HOME": "/srv/kiosk"}, {"ETUI_SOCKET": "/run/else"}):
        assert not find_place({**SESSION, **own}, 1000, tmp_path).managed
