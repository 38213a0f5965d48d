"""Which copy of a wallet this is: the same from start to start, another one for a backup, and for each Extension."""

from __future__ import annotations

from pathlib import Path

import pytest

from etui.trusted.copies import copy_of


def test_a_copy_stays_the_same_and_is_told_apart_to_each(tmp_path: Path) -> None:
    first = copy_of(tmp_path, "one")
    assert (copy_of(tmp_path, "one"), len(first)) == (first, 64)
    assert copy_of(tmp_path, "two") != first
    assert (tmp_path / "device" / "copy").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [None, b"", b"short", b"x" * 33])
def test_what_is_gone_or_damaged_is_another_copy(tmp_path: Path, content: bytes | None) -> None:
    first, path = copy_of(tmp_path, "one"), tmp_path / "device" / "copy"
    path.unlink() if content is None else path.write_bytes(content)
    assert copy_of(tmp_path, "one") not in {first, ""}


def test_a_disk_that_takes_nothing_is_no_copy(tmp_path: Path) -> None:
    (tmp_path / "device").write_bytes(b"no folder")
    assert not copy_of(tmp_path, "one")
