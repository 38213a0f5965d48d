"""A wallet, files beside it, and age."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.doors.age.plugin import Files

from etui.testkit import TestWallet


@pytest.fixture
def wallet(short_dir: Path) -> Iterator[TestWallet]:
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    with TestWallet(folder) as started:
        started.create()
        yield started


@pytest.fixture
def files(short_dir: Path, wallet: TestWallet) -> Files:
    folder = short_dir / "f"
    folder.mkdir()
    return Files(folder, wallet)
