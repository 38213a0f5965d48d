"""A vault that was made once, copied for each test: Argon2id is meant to take its time."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from etui.sealing import Secret
from etui.trusted.vault import Passphrase, Recovery, Vault

PROFILE = "profile-1"


class Wallet(NamedTuple):
    directory: Path
    passphrase: Passphrase
    recovery: Recovery
    key: bytes
    """The key of ``installation-1`` by ``publisher``."""


@pytest.fixture(scope="session")
def made_wallet(tmp_path_factory: pytest.TempPathFactory) -> Wallet:
    directory = tmp_path_factory.mktemp("made") / "vault"
    passphrase = Secret.from_text("correct horse battery staple")
    vault, recovery = Vault.create(directory, PROFILE, passphrase)
    key = vault.key_for("installation-1", "publisher")
    vault.forget()
    return Wallet(directory, Passphrase(passphrase), Recovery(recovery), key)


@pytest.fixture
def wallet(made_wallet: Wallet, tmp_path: Path) -> Wallet:
    return made_wallet._replace(directory=shutil.copytree(made_wallet.directory, tmp_path / "vault"))
