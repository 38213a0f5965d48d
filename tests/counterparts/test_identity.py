"""Keys and certificates of a merchant, in a folder."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from tests.counterparts.merchant.device import ACQUIRER, CERTIFIED, identity

from etui.counterparts.identity import Identity, IdentityError


def test_an_identity_comes_back_as_it_was_saved_for_its_owner_alone(tmp_path: Path) -> None:
    made = identity()
    made.save(tmp_path / "shop")
    again = Identity.open(tmp_path / "shop")
    assert (again.certified, again.chain, again.encryption) == (CERTIFIED, made.chain, made.encryption)
    for name in ("key.pem", "box.pem"):
        assert stat.S_IMODE((tmp_path / "shop" / name).stat().st_mode) == 0o600
    assert "PRIVATE" not in repr(again)


@pytest.mark.parametrize("name", ["key.pem", "box.pem", "chain.pem"])
def test_a_folder_that_lacks_something_or_shows_it_is_refused(name: str, tmp_path: Path) -> None:
    identity().save(tmp_path)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(b"none")
    with pytest.raises(IdentityError):
        Identity.open(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(IdentityError):
        Identity.open(tmp_path)
    if name != "chain.pem":
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o644)
        with pytest.raises(IdentityError, match="read by others"):
            Identity.open(tmp_path)


def test_a_certificate_of_another_key_is_none(tmp_path: Path) -> None:
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    chain = ACQUIRER.merchant(CERTIFIED, keys[0].public_key())
    Identity(keys[0], X25519PrivateKey.generate(), chain).save(tmp_path)
    with pytest.raises(IdentityError, match="not of this key"):
        Identity(keys[1], X25519PrivateKey.generate(), chain)
    with pytest.raises(IdentityError, match="none of a merchant"):
        Identity(keys[0], X25519PrivateKey.generate(), chain[:1])
