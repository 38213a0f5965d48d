"""The Extension and the Client that the README shows, by the command line as a developer goes, on a real wallet."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from tests.examples.packages import etui

from etui.testkit import TestWallet

EXAMPLE: Final = Path(__file__).parents[2] / "examples/ten-lines"
DOCUMENT: Final = EXAMPLE / "stamps/org.example.stamps-1.json"
EXTENSION: Final = "ext:org.example/org.example.stamps"


class Developer:
    """Somebody with a wallet and an empty folder, who types what the example's README says."""

    def __init__(self, wallet: TestWallet, folder: Path) -> None:
        self.wallet = wallet
        self.folder = folder

    def does(self, *arguments: str) -> str:
        """What ``etui`` prints."""
        ran = self.run(sys.executable, "-I", "-m", "etui.cli", *arguments)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def sees(self, *arguments: str) -> Any:  # noqa: ANN401  # JSON
        """What ``etui --json`` prints."""
        return msgspec.json.decode(self.does(*arguments, "--json"))

    def installs(self) -> None:
        """Installs the Extension, and has its typed Python of the wallet."""
        self.wallet.user.approves(times=1)
        self.does("extension", "install", "stamps.etuipkg")
        (self.folder / "stamps_1.py").write_text(self.does("interface", "generate", "org.example.stamps/1"))

    def stamps(self, till: str = "till.py") -> list[str]:
        """What the Client prints."""
        ran = self.run(sys.executable, str(self.folder / till))
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.splitlines()

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command in the folder."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.wallet.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def publish(folder: Path) -> None:
    """Packs and signs the Extension in a folder, for which there has to be no wallet."""
    for arguments in (
        ("keygen", "publisher.pem", "--no-passphrase"),
        ("pack", "stamps"),
        ("sign", "stamps.etuipkg", "--key", "publisher.pem"),
    ):
        etui("extension", *arguments, within=folder)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the Extension, packed and signed, and the Client."""
    folder = tmp_path_factory.mktemp("published")
    shutil.copytree(EXAMPLE / "stamps", folder / "stamps")
    shutil.copy(EXAMPLE / "till.py", folder)
    publish(folder)
    return folder


@pytest.fixture
def developer(wallet: TestWallet, published: Path, tmp_path: Path) -> Iterator[Developer]:
    """One who has packed, signed and installed the Extension, and has the Client beside its typed Python."""
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    developer = Developer(wallet, tmp_path)
    developer.installs()
    yield developer
    shutil.rmtree(tmp_path)


@pytest.mark.shares_wallet
def test_ten_stamps_fill_a_card_and_the_user_is_asked_to_redeem_it(developer: Developer) -> None:
    user = developer.wallet.user
    before = len(user.asked())
    for count in range(1, 10):
        assert developer.stamps() == [f"Café Etui: stamp {count}"]
    assert len(user.asked()) == before
    user.approves()
    assert developer.stamps() == ["Café Etui: stamp 10", "This coffee is on the house."]
    [question] = user.asked()[before:]
    assert question["lead"] == "wants to redeem the full card of “Café Etui”"
    assert "till.py" in question["principal"]
    assert developer.stamps() == ["Café Etui: stamp 1"]


def test_what_the_user_refuses_to_redeem_stays_on_the_card(developer: Developer) -> None:
    for _ in range(9):
        developer.stamps()
    developer.wallet.user.refuses(times=1)
    refused = developer.run(sys.executable, str(developer.folder / "till.py"))
    assert refused.returncode == 1
    assert refused.stdout == "Café Etui: stamp 10\n"
    assert "the user refused" in refused.stderr
    developer.wallet.user.approves()
    cards = developer.sees("find", "Café")
    assert [card["attributes"]["stamps"] for card in cards] == ["10"]


@pytest.mark.shares_wallet
def test_the_card_survives_the_lock_and_the_end_of_the_extension(developer: Developer) -> None:
    developer.stamps()
    developer.wallet.lock()
    developer.wallet.unlock()
    assert developer.stamps() == ["Café Etui: stamp 2"]


@pytest.mark.shares_wallet
def test_another_till_has_a_card_of_its_own(developer: Developer) -> None:
    developer.stamps()
    shutil.copy(developer.folder / "till.py", developer.folder / "other.py")
    assert developer.stamps("other.py") == ["Café Etui: stamp 1"]
    assert developer.stamps() == ["Café Etui: stamp 2"]
    developer.wallet.user.approves()
    cards = developer.sees("find", "Café")
    assert sorted(card["attributes"]["stamps"] for card in cards) == ["1", "2"]
    assert {card["kind"] for card in cards} == {"card"}


def test_it_is_listed_recorded_and_removed(developer: Developer) -> None:
    developer.stamps()
    developer.wallet.user.approves()
    assert EXTENSION in {row["extension"] for row in developer.sees("extension")}
    assert "stamp(card: reference)" in developer.does("interface", "show", "org.example.stamps/1")
    recorded = [row for row in developer.sees("audit") if row["action"].startswith("org.example.stamps/1")]
    assert [row["action"].rpartition(".")[2] for row in recorded] == ["stamp", "open"]
    developer.does("extension", "remove", EXTENSION, "--yes")
    assert EXTENSION not in {row["extension"] for row in developer.sees("extension")}


def test_a_fault_of_the_extension_is_told_to_its_author_by_its_place_and_to_the_client_without(
    wallet: TestWallet, tmp_path: Path
) -> None:
    developer = Developer(wallet, tmp_path)
    source = (EXAMPLE / "stamps/main.py").read_text(encoding="utf-8").splitlines()
    at = source.index("        if count < 0:")
    source[at] = "        if {}[shop]:"
    shutil.copytree(EXAMPLE / "stamps", tmp_path / "stamps")
    (tmp_path / "stamps/main.py").write_text("\n".join(source) + "\n")
    shutil.copy(EXAMPLE / "till.py", tmp_path)
    publish(tmp_path)
    developer.installs()
    ran = developer.run(sys.executable, str(tmp_path / "till.py"))
    assert "org.example.stamps/1.open failed in the Extension" in ran.stderr
    assert "main.py" not in ran.stderr
    log = wallet.log.read_text(encoding="utf-8")
    assert f"org.example.stamps/1.open: KeyError at main.py:{at + 1} < main.py:" in log
    assert "Café" not in log


@pytest.mark.shares_wallet
def test_the_typed_python_is_what_is_generated_now_from_the_file_and_from_the_wallet(developer: Developer) -> None:
    written = (EXAMPLE / "stamps/stamps_1.py").read_text(encoding="utf-8")
    assert developer.does("interface", "generate", str(DOCUMENT)) == written
    assert (developer.folder / "stamps_1.py").read_text(encoding="utf-8") == written


def test_the_examples_are_as_short_as_they_say() -> None:
    extension = (EXAMPLE / "stamps/main.py").read_text(encoding="utf-8").splitlines()
    client = [line for line in (EXAMPLE / "till.py").read_text(encoding="utf-8").splitlines() if line]
    assert len(extension) < 40
    assert len(client) <= 10


def test_the_examples_pass_the_strict_check_of_types_that_a_developer_runs(tmp_path: Path) -> None:
    for file in ("stamps/main.py", "till.py"):
        checked = subprocess.run(
            [sys.executable, "-m", "mypy", "--config-file=", "--strict", f"--cache-dir={tmp_path}", EXAMPLE / file],
            env={**os.environ, "MYPYPATH": str(EXAMPLE / "stamps")},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout
