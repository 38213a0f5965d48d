"""Who can put another program where one lies, by owner, group and mode alone."""

import os
import stat

import pytest

from etui.trusted.evidence.places import could_be_put, others_can_write

UID = 1000


def _file(mode: int, uid: int = 0, gid: int = 0) -> os.stat_result:
    return os.stat_result((mode, 1, 1, 1, uid, gid, 0, 0, 0, 0))


def _folder(mode: int, uid: int = 0, gid: int = 0) -> os.stat_result:
    return _file(stat.S_IFDIR | mode, uid, gid)


@pytest.mark.parametrize(
    "file",
    [
        _folder(0o755),
        _folder(0o755, UID, UID),
        _folder(0o775, UID, UID),
        _folder(0o775, 0, UID),
        _folder(0o2775, 0, 50),
        _folder(0o1777),
        _folder(0o1775, 0, 30_000),
        _folder(0o755, 65_534, 65_534),
        _file(stat.S_IFREG | 0o755, UID, UID),
        _file(stat.S_IFREG | 0o755, 0, 1001),
    ],
    ids=[
        "root",
        "own",
        "own group",
        "roots of own group",
        "staff",
        "tmp",
        "store",
        "unmapped",
        "own file",
        "read only",
    ],
)
def test_what_root_and_the_user_alone_can_change_is_theirs(file: os.stat_result) -> None:
    assert not others_can_write(file, UID)


@pytest.mark.parametrize(
    "file",
    [
        _folder(0o755, 1001, 1001),
        _folder(0o777),
        _folder(0o775, 0, 1001),
        _folder(0o775, UID, 100),
        _folder(0o1777, 1001),
        _file(stat.S_IFREG | 0o666, UID, UID),
        _file(stat.S_IFREG | 0o1777, UID, UID),
    ],
    ids=["another's", "everybody's", "a group of people", "users", "another's sticky", "a file", "a sticky file"],
)
def test_what_somebody_else_can_change_is_in_others_hands(file: os.stat_result) -> None:
    assert others_can_write(file, UID)


def test_a_deleted_program_was_where_its_owner_could_put_it() -> None:
    program = _file(stat.S_IFREG | 0o755)
    assert could_be_put(program, _folder(0o755))
    assert could_be_put(_file(stat.S_IFREG | 0o755, UID), _folder(0o755, UID))
    assert could_be_put(_file(stat.S_IFREG | 0o755, UID), _folder(0o1777))
    assert not could_be_put(_file(stat.S_IFREG | 0o755, UID), _folder(0o755))
