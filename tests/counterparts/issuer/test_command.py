from __future__ import annotations

from pathlib import Path

import pytest
from bench.acquirer import MASTER
from tests.counterparts.commands import run

from etui.counterparts.books import open_books
from etui.counterparts.issuer import prepare
from etui.counterparts.issuer.tables import ROOM, STEPS


@pytest.fixture
def key(tmp_path: Path) -> str:
    file = tmp_path / "imk"
    file.touch(0o600)
    file.write_text(MASTER.hex())
    return str(file)


def test_help_names_every_option() -> None:
    said = run("issuer", "--help")
    assert said.returncode == 0
    for word in ("--db", "--port", "--host", "--imk-file", "--imk-fd", "--workers", "--together", "docs/issuer.md"):
        assert word in said.stdout


def test_without_a_key_it_does_not_begin(tmp_path: Path) -> None:
    said = run("issuer", "--db", f"sqlite:///{tmp_path}/b.db", "--port", "0", "--imk-file", str(tmp_path / "none"))
    assert (said.returncode, "cannot be read" in said.stderr) == (1, True)
    assert not (tmp_path / "b.db").exists()


def test_several_workers_are_for_postgresql(tmp_path: Path, key: str) -> None:
    said = run("issuer", "--db", f"sqlite:///{tmp_path}/b.db", "--port", "0", "--imk-file", key, "--workers", "2")
    assert (said.returncode, "SQLite" in said.stderr) == (1, True)


@pytest.mark.parametrize(
    "address", ["mysql://user:secret@host/x", "postgresql://user:secret@127.0.0.1:1/x", "sqlite:////no/such/folder/b"]
)
def test_database_that_cannot_be_opened_is_said_in_a_sentence_without_its_password(address: str, key: str) -> None:
    said = run("issuer", "--db", address, "--port", "0", "--imk-file", key)
    assert said.returncode == 1
    assert said.stderr
    assert "secret" not in said.stderr
    assert "Traceback" not in said.stderr


def test_books_of_a_later_version_are_refused(tmp_path: Path, key: str) -> None:
    engine = open_books(f"sqlite:///{tmp_path}/b.db")
    prepare(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE books_versions SET version = {len(STEPS) + 1} WHERE room = '{ROOM}'")
    engine.dispose()
    said = run("issuer", "--db", f"sqlite:///{tmp_path}/b.db", "--port", "0", "--imk-file", key)
    assert (said.returncode, f"version {len(STEPS) + 1}" in said.stderr) == (1, True)
