"""The whole wallet in one file, and back in another place."""

from __future__ import annotations

import stat
import tarfile
from pathlib import Path

import pytest
from tests.cli.etui import done, etui, run, told

from etui.testkit import TestWallet
from etui.trusted.router.header import read_looks


def test_a_wallet_restored_elsewhere_opens_with_its_passphrase_and_holds_its_items(
    wallet: TestWallet, short_dir: Path
) -> None:
    done(wallet, "add", "Mail", "-a", "user=ada", stdin="hunter2")
    archive = short_dir / "wallet.etui"
    exported = etui(wallet, "export", str(archive))
    assert exported.returncode == 0, exported.stderr
    assert "was locked for this" in exported.stderr
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert b"hunter2" not in archive.read_bytes()
    wallet.end()

    (short_dir / "other").mkdir(mode=0o700)
    other = TestWallet(short_dir / "other")
    other.user.approves()
    restored = run("restore", str(archive), environ=other.environ)
    assert restored.returncode == 0, restored.stderr
    assert f"Start it with `ETUI_HOME={other.home} etui up`" in restored.stdout
    with other:
        other.unlock()
        assert done(other, "use", "mail", "--stdin", "--", "cat") == "hunter2"
        assert "whole" in done(other, "audit", "verify")


def test_an_archive_shows_nobody_the_dialogs_looks_and_new_ones_are_chosen_after_it_is_restored(
    wallet: TestWallet, short_dir: Path
) -> None:
    assert read_looks(wallet.home) is not None
    archive = short_dir / "wallet.etui"
    done(wallet, "export", str(archive))
    wallet.end()
    with tarfile.open(archive) as opened:
        assert [name for name in opened.getnames() if name.startswith("device")] == []

    (short_dir / "other").mkdir(mode=0o700)
    other = TestWallet(short_dir / "other")
    other.user.approves()
    restored = run("restore", str(archive), environ=other.environ)
    assert "`etui appearance` chooses new ones" in restored.stdout
    with other:
        other.unlock()
        assert read_looks(other.home) is None
        other.user.rule("looks", when={"face": "appearance"}, picture="owl", phrase="new here", colour="#2e6b4f")
        done(other, "appearance")
        assert read_looks(other.home) is not None


def test_a_damaged_archive_is_refused_with_what_and_where_and_nothing_is_left(
    wallet: TestWallet, short_dir: Path
) -> None:
    done(wallet, "lock")
    archive = short_dir / "wallet.etui"
    done(wallet, "export", str(archive))
    content = bytearray(archive.read_bytes())
    content[content.rindex(b"vault/slots.json") + 600] ^= 1
    archive.write_bytes(content)
    target = short_dir / "new" / "home"
    result = run("restore", str(archive), environ={"ETUI_HOME": str(target)})
    assert result.returncode == 1
    assert "'vault/slots.json' is not as it was written" in result.stderr
    assert not target.parent.exists()


def test_a_wallet_is_not_locked_for_an_archive_that_cannot_be_written(wallet: TestWallet, short_dir: Path) -> None:
    (short_dir / "file").write_text("")
    for target, said in (("nosuch/x.etui", "No such file or directory"), ("file/x.etui", "Not a directory")):
        result = etui(wallet, "export", str(short_dir / target))
        assert result.returncode == 1
        assert f"{short_dir / target} cannot be written: {said}" in result.stderr
        assert etui(wallet, "export", str(short_dir / "file")).returncode == 2
        assert told(wallet, "status")["state"] == "unlocked"


def test_nothing_is_overwritten(wallet: TestWallet, short_dir: Path) -> None:
    archive = short_dir / "wallet.etui"
    done(wallet, "export", str(archive))
    before = archive.read_bytes()
    assert etui(wallet, "export", str(archive)).returncode == 2
    assert archive.read_bytes() == before
    assert etui(wallet, "restore", str(archive)).returncode == 2


def test_a_file_that_is_too_large_for_an_archive_is_named_with_the_reason(wallet: TestWallet, short_dir: Path) -> None:
    with (wallet.home / "records").open("wb") as file:
        file.truncate(8 << 30)  # a hole: no block of it is on the disk
    result = etui(wallet, "export", str(short_dir / "wallet.etui"))
    assert result.returncode == 1
    assert f"{wallet.home / 'records'} has 8,589,934,592 bytes" in result.stderr
    assert "less than 8 GiB" in result.stderr
    assert not (short_dir / "wallet.etui").exists()


@pytest.mark.parametrize("command", ["export", "restore"])
def test_what_is_not_there_is_named(short_dir: Path, command: str) -> None:
    environ = {"ETUI_HOME": str(short_dir / "none"), "XDG_RUNTIME_DIR": str(short_dir)}
    result = run(command, str(short_dir / "file"), environ=environ)
    assert result.returncode == 8
    assert str(short_dir) in result.stderr
    assert list(short_dir.iterdir()) == []
