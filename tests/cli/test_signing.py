"""``etui sign`` and ``etui verify``: a text that is read, signed, sent, and verified by whoever gets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.etui import done, etui, run, told

from etui.testkit import TestWallet

TEXT = "I rent the flat in Example Street 7.\n\nThe rent is 700 euros a month.\n"


@pytest.fixture
def folder(wallet: TestWallet, tmp_path: Path) -> Path:
    """A folder with a text and a plan, and a key in the wallet."""
    (tmp_path / "lease.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "plan.pdf").write_bytes(b"%PDF- a plan")
    (tmp_path / "tenant.pub").write_text(done(wallet, "key", "make", "Work", "--no-ssh").splitlines()[1])
    return tmp_path


def sign(wallet: TestWallet, folder: Path, *options: str, name: str = "lease.jws") -> Path:
    path = folder / name
    said = done(wallet, "sign", str(folder / "lease.txt"), "--key", "work", "--out", str(path), *options)
    assert said == f"Signed with “Work”: {path}\n"
    return path


@pytest.mark.parametrize("form", ["jws", "cose"])
def test_a_text_is_signed_and_verified_where_there_is_no_wallet(wallet: TestWallet, folder: Path, form: str) -> None:
    plan = str(folder / "plan.pdf")
    path = sign(wallet, folder, "--for", "Landlord & Co", "--attach", plan, "--form", form)
    (question,) = [one for one in wallet.user.asked() if "sign “" in one["lead"]]
    assert question["lead"] == "wants to have you sign “lease.txt” with “Work”"
    assert question["body"] == TEXT
    result = run(
        "verify",
        str(path),
        *("--key", str(folder / "tenant.pub"), "--text", str(folder / "lease.txt"), "--attachment", plan),
        environ={"ETUI_HOME": str(folder / "nowhere"), "XDG_RUNTIME_DIR": str(folder)},
    )
    assert result.returncode == 0, result.stderr
    assert "Title      lease.txt\nFor        Landlord & Co\n" in result.stdout
    assert "Shown      whole, to nobody: a script answered (scripted, unprotected display)" in result.stdout
    assert "“plan.pdf”, application/pdf, 12 bytes" in result.stdout
    assert "the file given" in result.stdout
    assert "| The rent is 700 euros a month.\n" in result.stdout
    assert "nobody but the file" not in result.stderr
    assert "test profile" in result.stderr


def test_a_program_is_told_everything(wallet: TestWallet, folder: Path) -> None:
    path = sign(wallet, folder, "--title", "Lease", "--attach", str(folder / "plan.pdf"))
    (row,) = told(wallet, "key")
    found = told(wallet, "verify", str(path), "--attachment", str(folder / "plan.pdf"))
    assert (found["form"], found["key"], found["key_expected"]) == ("jws", row["fingerprint"], False)
    assert found["attachments_checked"] == ["plan.pdf"]
    assert (found["statement"]["title"], found["statement"]["text"]) == ("Lease", TEXT)
    assert found["statement"]["assurance"] == "consent"
    assert told(wallet, "verify", str(path), "--key", row["fingerprint"])["key_expected"] is True


def test_what_does_not_fit_is_told_by_the_exit_status(wallet: TestWallet, folder: Path) -> None:
    path = sign(wallet, folder)
    other = folder / "other.txt"
    other.write_text(TEXT.replace("700", "900"), encoding="utf-8")
    done(wallet, "key", "make", "Another")
    stranger = folder / "stranger.pub"
    stranger.write_text(done(wallet, "key", "public", "another"))
    altered = folder / "altered.jws"
    altered.write_bytes(path.read_bytes()[:-10] + b"AAAAAAAAA\n")
    for arguments, said in (
        ((str(path), "--text", str(other)), "the text in it is not that of"),
        ((str(path), "--attachment", str(other)), "is none of the attachments"),
        ((str(path), "--key", str(stranger)), "not by the key that was named"),
        ((str(altered),), "is not verified"),
        ((str(other),), "is not verified"),
    ):
        result = run("verify", *arguments)
        assert (result.returncode, said in result.stderr) == (1, True), result.stderr
        assert result.stdout == ""
    assert run("verify", str(folder / "none")).returncode == 8
    assert run("verify", str(path), "--key", str(folder / "none")).returncode == 8


def test_a_no_leaves_no_file(wallet: TestWallet, folder: Path) -> None:
    wallet.user.refuses(action_contains="sign “")
    path = folder / "lease.jws"
    result = etui(wallet, "sign", str(folder / "lease.txt"), "--key", "work", "--out", str(path))
    assert result.returncode == 7
    assert not path.exists()


def test_a_file_that_is_there_is_not_replaced_and_nobody_is_asked(wallet: TestWallet, folder: Path) -> None:
    path = folder / "lease.jws"
    path.write_text("mine", encoding="utf-8")
    result = etui(wallet, "sign", str(folder / "lease.txt"), "--key", "work", "--out", str(path))
    assert (result.returncode, path.read_text(encoding="utf-8")) == (2, "mine")
    assert [one for one in wallet.user.asked() if "sign “" in one["lead"]] == []


@pytest.mark.attack(91)
def test_what_nobody_sees_is_told_by_its_place(wallet: TestWallet, folder: Path) -> None:
    (folder / "lease.txt").write_bytes(b"one\r\ntwo")
    result = etui(wallet, "sign", str(folder / "lease.txt"), "--key", "work", "--out", str(folder / "a"))
    assert result.returncode == 2
    assert "text: character 4 (line 1), U+000D a control character" in result.stderr
    (folder / "lease.txt").write_bytes(b"\xff")
    assert etui(wallet, "sign", str(folder / "lease.txt"), "--key", "work", "--out", str(folder / "a")).returncode == 2
