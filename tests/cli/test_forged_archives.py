"""An archive into which somebody else has written: no wallet that is restored of it opens, and no door by it."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.cli.etui import done, etui, run
from tests.cli.test_extensions import folder, signed  # noqa: F401  # the fixture
from tests.trusted.archive.test_archive import forged

from etui.protocol import ProtocolError
from etui.testkit import TestWallet
from etui.trusted.archive import HEADER, TRAILER, is_vouched
from etui.trusted.router import vouched
from etui.trusted.supervisor.settings import read_settings

POLICY = b'@id("never") forbid (principal, action, resource) when { context.client like "*/thief.py*" };\n'
Change = Callable[[dict[str, bytes]], object]
KEY = b"k" * 32
RECORD = "extensions/org.example.parking/installation.json"


@pytest.fixture
def exported(wallet: TestWallet, short_dir: Path, folder: Path) -> Path:  # noqa: F811  # pytest's way
    """An archive of a wallet with an Extension and an operator's policy."""
    (wallet.home / "operator").mkdir()
    (wallet.home / "operator" / "site.cedar").write_bytes(POLICY)
    wallet.lock()
    wallet.unlock()
    wallet.user.approves(face="install")
    done(wallet, "extension", "install", str(signed(folder)))
    archive = short_dir / "wallet.etui"
    done(wallet, "export", str(archive))
    wallet.end()
    return archive


def rewritten(archive: Path, change: Change) -> None:
    """Unpacks an archive, changes its files, and packs them again, with digests that fit."""
    with tarfile.open(archive) as opened:
        read = [(member.name, opened.extractfile(member)) for member in opened.getmembers()]
        files = {name: file.read() for name, file in read if file is not None and name not in {HEADER, TRAILER}}
    change(files)
    archive.write_bytes(forged(*files.items()).getvalue())


def restored(archive: Path, short_dir: Path) -> TestWallet:
    """What `etui restore` makes of it."""
    (short_dir / "other").mkdir(mode=0o700)
    other = TestWallet(short_dir / "other")
    other.user.approves()
    result = run("restore", str(archive), environ=other.environ)
    assert result.returncode == 0, result.stderr
    return other


def puts(path: str, content: bytes) -> Change:
    return lambda files: files.update({path: content})


def takes(*paths: str) -> Change:
    return lambda files: [files.pop(path) for path in paths]


def vouches_for_itself(files: dict[str, bytes]) -> None:
    """Drops the policy, and the digest of it, and keeps the MAC."""
    del files["operator/site.cedar"]
    said = msgspec.json.decode(files[vouched.FILE])
    del said["files"]["operator/site.cedar"]
    files[vouched.FILE] = msgspec.json.encode(said)


def takes_the_installation_of_another(files: dict[str, bytes]) -> None:
    record = msgspec.json.decode(files[RECORD].partition(b"\n")[0])
    record["installation"] = "f" * 32
    files[RECORD] = msgspec.json.encode(record) + b"\n"


@pytest.mark.attack(92)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (puts("operator/a.cedar", POLICY), "operator/a.cedar was put into the archive or altered"),
        (puts("operator/site.cedar", b"// nothing\n"), "operator/site.cedar was put into the archive or altered"),
        (puts("operator/mappings.json", b"{}"), "operator/mappings.json was put"),
        (puts("extensions/org.example.more/installation.json", b"{}"), "org.example.more/installation.json was put"),
        (takes_the_installation_of_another, "org.example.parking/installation.json was put"),
        (takes("operator/site.cedar"), "operator/site.cedar was taken out"),
        (takes(vouched.FILE), "vouched.json was taken out of the archive"),
        (takes("operator/site.cedar", vouched.FILE), "vouched.json was taken out of the archive"),
        (vouches_for_itself, "vouched.json was altered in the archive"),
        (puts(vouched.FILE, b"{"), "vouched.json is damaged"),
        (puts(vouched.FILE, b'{"format": 2}'), "vouched.json cannot be used: it was written by a newer version"),
    ],
)
def test_what_was_put_altered_or_taken_out_is_named(tmp_path: Path, change: Change, said: str) -> None:
    files = {"operator/site.cedar": POLICY, RECORD: b'{"installation": "0"}\n', "storage/sealed": b"sealed"}
    write(tmp_path, files)
    vouched.vouch(tmp_path, KEY)
    files[vouched.FILE] = (tmp_path / vouched.FILE).read_bytes()
    change(files)
    shutil.rmtree(tmp_path)
    write(tmp_path, {**files, vouched.RESTORED: b""})
    for _ in range(2):  # the mark stays
        with pytest.raises(vouched.VouchedError) as caught:
            vouched.check_restored(tmp_path, KEY)
        assert said in str(caught.value)
    (tmp_path / vouched.RESTORED).unlink()
    vouched.check_restored(tmp_path, KEY)


def write(home: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_bytes(content)


@pytest.mark.attack(92)
def test_a_wallet_restored_of_an_archive_with_another_extension_does_not_open_and_no_door_does(
    exported: Path, short_dir: Path
) -> None:
    def change(files: dict[str, bytes]) -> None:
        files["settings.json"] = b'{"format": 1, "doors": ["secret-service", "ssh-agent"]}'
        takes_the_installation_of_another(files)

    rewritten(exported, change)
    other = restored(exported, short_dir)
    assert read_settings(other.home).doors == ()
    with other:
        with pytest.raises(ProtocolError) as caught:
            other.unlock()
        assert f"{RECORD} was put into the archive or altered" in caught.value.message
        assert "restore another copy" in caught.value.message


def test_a_wallet_restored_of_an_archive_that_is_as_it_was_opens_with_its_extensions_and_policies(
    exported: Path, short_dir: Path
) -> None:
    with restored(exported, short_dir) as other:
        assert (other.home / "restored").exists()
        other.unlock()
        assert not (other.home / "restored").exists()
        assert "Parking" in done(other, "extension")
        (other.home / "operator" / "more.cedar").write_bytes(POLICY.replace(b"never", b"more"))
        other.lock()
        other.unlock()  # from now on these files are its user's


def test_what_was_changed_since_the_last_unlock_is_told_before_an_archive_is_made_of_it(
    wallet: TestWallet, short_dir: Path
) -> None:
    (wallet.home / "operator").mkdir()
    (wallet.home / "operator" / "site.cedar").write_bytes(POLICY)
    archive = short_dir / "wallet.etui"
    refused = etui(wallet, "export", str(archive))
    assert refused.returncode == 1
    assert f"{wallet.home}/operator/site.cedar was changed since the last unlock" in refused.stderr
    assert not archive.exists()
    wallet.unlock()
    done(wallet, "export", str(archive))


def test_command_line_and_router_agree_on_what_is_vouched_for(tmp_path: Path) -> None:
    paths = ("operator/a", "operator/b/c", RECORD, "extensions/supplied.json", "profile.json")
    write(tmp_path, dict.fromkeys(paths, b""))
    vouched.vouch(tmp_path, KEY)
    assert set(vouched.read_vouched(tmp_path).files) == {path for path in paths if is_vouched(path)}
    assert set(vouched.read_vouched(tmp_path).files) == {"operator/a", RECORD}
