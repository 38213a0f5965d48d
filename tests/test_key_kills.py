"""kill -9 while a key is made or brought in: one that was acknowledged is there and signs, none is there by half."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_public_key
from tests.asked import Asked
from tests.long_run import LongRun
from tests.test_named_points import (
    EVERY_THIRD,
    FORWARDED,
    ROUTER,
    SENT,
    STORAGE,
    STORED,
    Scene,
    strike_every_step,
    strike_points,
)

from etui.interfaces import crypto_1 as crypto
from etui.testkit import TestWallet

KEYS = "etui.extensions.encryption"
DATA = b"what is signed"


class Keyed(Asked):
    """A wallet that is asked for keys."""

    def __init__(self, wallet: TestWallet) -> None:
        super().__init__(wallet)
        self.keys: dict[str, bytes] = {}
        """Public parts of the keys that were acknowledged, by label."""
        self._number = 0

    def make(self) -> None:
        label = self._next()
        with self.wallet.connect() as client:
            item = client.call(crypto.Generate(algorithm="ed25519", label=label)).item
            self.keys[label] = client.call(crypto.Describe(item=item.item)).spki

    def bring_in(self) -> None:
        label, key = self._next(), Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        with self.wallet.connect() as client:
            client.call(crypto.Import(label=label, private=private))
            item = next(item for item in client.call(crypto.Find(text=label)).items if item.label == label)
            self.keys[label] = client.call(crypto.Describe(item=item.item)).spki

    def _next(self) -> str:
        self._number += 1
        return f"key {self._number}."

    def holds(self) -> None:
        super().holds()
        with self.wallet.connect() as client:
            items = {item.label: item.item for item in client.call(crypto.Find()).items}
            assert self.keys.keys() <= items.keys()
            for label, item in items.items():
                spki = client.call(crypto.Describe(item=item)).spki
                assert self.keys.get(label, spki) == spki
                public = load_der_public_key(spki)
                assert isinstance(public, Ed25519PublicKey)
                public.verify(client.call(crypto.Sign(item=item, data=DATA)).signature, DATA)


def made(asked: Asked) -> None:
    assert isinstance(asked, Keyed)
    asked.make()


def brought_in(asked: Asked) -> None:
    assert isinstance(asked, Keyed)
    asked.bring_in()


SCENES = {
    "making, the Router": Scene(ROUTER, made, (FORWARDED, "fdatasync *.seg"), first=made),
    "making, the Extension": Scene(KEYS, made, EVERY_THIRD, first=made),
    "making, the storage": Scene(STORAGE, made, STORED, first=made),
    "bringing in, the Router": Scene(ROUTER, brought_in, (SENT,), first=made),
    "bringing in, the Extension": Scene(KEYS, brought_in, EVERY_THIRD, first=made),
    "bringing in, the storage": Scene(STORAGE, brought_in, (SENT,), first=made),
}


@pytest.fixture
def asked(short_dir: Path) -> Iterator[Keyed]:
    """A wallet with something in it, and a key."""
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    with TestWallet(folder) as wallet:
        wallet.create()
        started = Keyed(wallet)
        started.store()
        started.make()
        yield started


@pytest.mark.attack(98)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
def test_a_key_is_there_whole_or_not_at_all_after_a_kill_before_a_named_step(asked: Keyed, scene: Scene) -> None:
    strike_points(asked, scene)


@pytest.mark.long
@pytest.mark.attack(98)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
def test_a_key_is_there_whole_or_not_at_all_after_a_kill_before_any_step(
    asked: Keyed, scene: Scene, long_run: LongRun
) -> None:
    strike_every_step(asked, scene, long_run)
