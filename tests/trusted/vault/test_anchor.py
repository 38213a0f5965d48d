"""The anchor in a real TPM in software: kept, read, written by nobody else, gone with a cleared TPM."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.tpms import SoftTpm, soft_tpm

from etui.sealing import Secret
from etui.trusted.vault.anchor import ANCHOR_BYTES, Anchor
from etui.trusted.vault.errors import NoAnchorError, TpmUnusableError

ONE, TWO = (bytes([number]) * ANCHOR_BYTES for number in (1, 2))
AUTH, OTHERS = Secret(b"a" * 31 + b"\0"), Secret(b"b" * 32)


@pytest.fixture
def tpm(short_dir: Path) -> Iterator[SoftTpm]:
    with soft_tpm(short_dir / "chip") as chip:
        yield chip


def test_it_keeps_what_was_written_last_until_it_is_removed(tpm: SoftTpm) -> None:
    anchor = Anchor(tpm.path, "profile-1", AUTH)
    with pytest.raises(NoAnchorError):
        anchor.read()
    for content in (ONE, TWO, ONE):
        anchor.write(content)
        assert Anchor(tpm.path, "profile-1", AUTH).read() == content
    with pytest.raises(NoAnchorError):
        Anchor(tpm.path, "profile-2", AUTH).read()
    anchor.remove()
    anchor.remove()
    with pytest.raises(NoAnchorError):
        anchor.read()
    assert tpm.loaded == []


@pytest.mark.attack(266)
def test_nobody_without_the_wallets_key_reads_or_writes_it(tpm: SoftTpm) -> None:
    Anchor(tpm.path, "profile-1", AUTH).write(ONE)
    with pytest.raises(TpmUnusableError, match="somebody else made the anchor"):
        Anchor(tpm.path, "profile-1", OTHERS).read()
    with pytest.raises(TpmUnusableError, match="somebody else made the anchor"):
        Anchor(tpm.path, "profile-1", OTHERS).write(TWO)
    assert Anchor(tpm.path, "profile-1", AUTH).read() == ONE
    assert tpm.wrong_tries == 0, "and it locks nobody out"
    assert AUTH.reveal()[:8] not in b"".join(command + answer for command, answer in tpm.heard)


@pytest.mark.attack(266)
def test_one_that_somebody_else_made_in_its_place_is_not_read(tpm: SoftTpm) -> None:
    Anchor(tpm.path, "profile-1", AUTH).write(ONE)
    Anchor(tpm.path, "profile-1", OTHERS).remove()  # as the TPM's owner may, who is anybody here
    Anchor(tpm.path, "profile-1", OTHERS).write(TWO)
    with pytest.raises(TpmUnusableError, match="somebody else made the anchor"):
        Anchor(tpm.path, "profile-1", AUTH).read()


def test_a_cleared_tpm_keeps_none(tpm: SoftTpm) -> None:
    anchor = Anchor(tpm.path, "profile-1", AUTH)
    anchor.write(ONE)
    tpm.clear()
    with pytest.raises(NoAnchorError):
        anchor.read()
