"""How much a measurement measures: all of it, or a sample that shows that it runs."""

from __future__ import annotations

import msgspec


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """The sizes of one run.

    ``items``, ``more_items``, ``many_items``: how many lie in the wallets of ``secrets`` and ``scale``. ``clients`` and
    ``grants``: how many there are at once. ``calls``: of a round that counts them; rounds of other kinds have a part of
    it. ``rounds``: of a comparison. ``starts``: how often a process is started. ``idle_s``: how long a wallet is left
    alone before its memory is read. ``file_bytes``: of a file that is decrypted. ``cards`` and
    ``many_cards``: how many an issuer has. ``payments``: of a round. ``relationships``: of a user, as many with a
    domain as with a logo. ``names``: how many honest ones are judged of each kind. ``pages``: how many are looked at
    for who cannot see them well. ``scripts``: that a timer starts. ``compression``: of a package.
    """

    items: int = 1000
    more_items: int = 3000
    many_items: int = 10_000
    clients: int = 1000
    grants: int = 10_000
    calls: int = 20_000
    rounds: int = 12
    starts: int = 12
    idle_s: float = 60.0
    file_bytes: int = 100_000_000
    cards: int = 100_000
    many_cards: int = 1_000_000
    payments: int = 8_000
    relationships: int = 200
    names: int = 10_000
    pages: int = 100
    scripts: int = 20
    compression: str = "xz"


FULL = Extent()
SAMPLE = Extent(
    items=10,
    more_items=20,
    many_items=40,
    clients=20,
    grants=100,
    calls=1000,
    rounds=2,
    starts=2,
    idle_s=1.0,
    file_bytes=1_000_000,
    cards=200,
    many_cards=2_000,
    payments=100,
    relationships=3,
    names=40,
    pages=2,
    scripts=6,
    compression="none",
)
"""Its figures mean nothing."""
