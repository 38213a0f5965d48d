"""The cards of this Extension over its sealed store, and the keys that are left of each.

A payment takes the key with the lowest counter out of the store, and the counter goes up, in one durable write before
anything is made with it: whatever ends then, no key is used twice, and the counter never goes back. What it did at a
terminal is noted (``journal``), and what it approves by itself there is counted, in the same write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec

from etui.extensions.issuer_card import answered, journal
from etui.extensions.issuer_card.errors import NoKeysError, UnknownCardError
from etui.extensions.issuer_card.journal import Tap
from etui.extensions.issuer_card.risk import Spent
from etui.sdk import Item, ProtocolError
from etui.standards.provisioning import Chip, PaymentKey, Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from etui.sdk import Store

_CARDS: Final = "cards"
_KEYS: Final = "keys"
_DEVICES: Final = "devices"
_CHIPS: Final = "chips"
_LAST: Final = 4


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """``token``: the number that stands for it. ``expiry``: YYMM. ``counter``: of its last payment, 0 for none.

    ``copy``: of the wallet that it was enrolled in: in another one, as a restored one, it pays nothing.
    ``spent``: what it approved by itself since its issuer last approved.
    """

    id: str
    issuer: str
    token: str
    sequence: str
    expiry: str
    profile: Profile
    counter: int
    added_at: int
    copy: str
    state: Literal["active", "suspended"] = "active"
    spent: Spent = Spent()

    def __repr__(self) -> str:
        return f"Card(…{self.last_digits})"

    @property
    def last_digits(self) -> str:
        """The last four of its token."""
        return self.token[-_LAST:]

    def entry(self) -> Item:
        """What is public of it."""
        public = {"network": self.profile.network, "last_digits": self.last_digits, "state": self.state}
        label = f"{self.profile.label} …{self.last_digits}"
        return Item(item=self.id, kind="card", label=label, attributes=public, created=self.added_at)


class DeviceKeys(msgspec.Struct, frozen=True):
    """The two private keys of a device (32 bytes each): Ed25519, which signs, and X25519, to which is answered."""

    sign: bytes
    box: bytes

    def __repr__(self) -> str:
        return "DeviceKeys(…)"


class ChipCard(msgspec.Struct, frozen=True):
    """What a card has for terminals: what its issuer gave it, and its own RSA key (PKCS #8, DER)."""

    chip: Chip
    key: bytes

    def __repr__(self) -> str:
        return f"ChipCard({self.chip!r})"


class _Left(msgspec.Struct, frozen=True):
    """The keys that are left, in the order of their counters."""

    keys: tuple[PaymentKey, ...] = ()

    def __repr__(self) -> str:
        return f"_Left({len(self.keys)})"


class Taken(NamedTuple):
    """A key that is used up, how many are left, and what was noted of its use, at a terminal."""

    key: PaymentKey
    left: int
    tap: Tap | None


class Cards:
    """All cards. Any method may raise the error with which the storage answered.

    A card may be removed on another thread while it pays or changes: what is written of it afterwards is removed again.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._removed: set[str] = set()

    def cards(self) -> list[Card]:
        """Every card, the latest first."""
        found = [msgspec.json.decode(kept, type=Card) for _, kept in self._store.names(_CARDS)]
        return sorted(found, key=lambda card: card.added_at, reverse=True)

    def look_up(self, name: str) -> Card | None:
        """The card with this id, if there is one."""
        kept = self._store.get(_CARDS, name)
        return None if kept is None else msgspec.json.decode(kept, type=Card)

    def card(self, name: str) -> Card:
        """The card with this id; raises ``UnknownCardError``."""
        if (found := self.look_up(name)) is None:
            raise UnknownCardError
        return found

    def device(self, card: Card) -> DeviceKeys:
        """The keys of the device that this card was enrolled as; raises ``UnknownCardError``."""
        kept = self._store.get(_DEVICES, card.id)
        if kept is None:
            raise UnknownCardError
        return msgspec.json.decode(kept, type=DeviceKeys)

    def keys_left(self, card: Card) -> int:
        """For how many payments there are keys."""
        return len(self._left(card))

    def chip(self, card: Card) -> ChipCard | None:
        """What a card has for terminals, where it has that."""
        kept = self._store.get(_CHIPS, card.id)
        return None if kept is None else msgspec.json.decode(kept, type=ChipCard)

    def add(self, card: Card, device: DeviceKeys, keys: tuple[PaymentKey, ...], chip: ChipCard | None = None) -> None:
        """Keeps a new card."""
        self._store.put(
            {
                (_CARDS, card.id): msgspec.json.encode(card),
                (_DEVICES, card.id): msgspec.json.encode(device),
                (_KEYS, card.id): msgspec.json.encode(_Left(_sorted(keys))),
                **({} if chip is None else {(_CHIPS, card.id): msgspec.json.encode(chip)}),
            }
        )

    def replenish(self, card: Card, keys: tuple[PaymentKey, ...]) -> None:
        """Keeps more keys, of which those that the counter has passed are worth nothing.

        May cross a payment, a change or the removal of the card on another thread.
        """
        kept = {key.counter: key for key in (*self._left(card), *keys) if key.counter > card.counter}
        self._write(card, {(_KEYS, card.id): msgspec.json.encode(_Left(_sorted(tuple(kept.values()))))})

    def take(
        self,
        card: Card,
        note: Callable[[int], Tap] | None = None,
        *,
        also: Mapping[tuple[str, str], bytes | None] | None = None,
    ) -> Taken:
        """The key for the next payment, which nobody gets again; raises ``NoKeysError`` where none is left.

        ``note``: at a terminal, what is noted of the transaction with this counter. What the card approves by itself
        counts against its issuer's limits. ``also``: what is written with it.
        """
        left = self._left(card)
        if not left:
            raise NoKeysError
        key = left[0]
        tap = None if note is None else note(key.counter)
        spent = card.spent.more(tap.amount_minor) if tap is not None and tap.state == "approved" else card.spent
        self._write(
            card,
            {
                **_changed(msgspec.structs.replace(card, counter=key.counter, spent=spent)),
                (_KEYS, card.id): msgspec.json.encode(_Left(left[1:])),
                **({} if tap is None else _noted(card, tap)),
                **(also or {}),
            },
        )
        return Taken(key, len(left) - 1, tap)

    def end(self, card: Card, tap: Tap, spent: Spent) -> None:
        """Notes how a tap ended, and what the card has approved by itself since its issuer last approved."""
        self._write(card, {**_changed(msgspec.structs.replace(card, spent=spent)), **_noted(card, tap)})

    def taps(self, card: Card) -> Iterator[Tap]:
        """What is kept of what a card did at terminals, in no order."""
        return (msgspec.json.decode(kept, type=Tap) for _, kept in self._store.names(journal.space(card.id)))

    def set_state(self, card: Card, state: Literal["active", "suspended"]) -> Card:
        """Has a card rest, or be used again."""
        changed = msgspec.structs.replace(card, state=state)
        self._write(card, _changed(changed))
        return changed

    def remove(self, card: Card) -> None:
        """Deletes a card and all that it knew, for good."""
        self._removed.add(card.id)
        try:
            noted = (journal.space(card.id), answered.space(card.id))
            gone = [(space, name) for space in noted for name, _ in self._store.names(space)]
            gone += [(space, card.id) for space in (_CARDS, _KEYS, _DEVICES, _CHIPS)]
            self._store.put(dict.fromkeys(gone))
        except ProtocolError:
            self._removed.discard(card.id)
            raise

    def _write(self, card: Card, records: Mapping[tuple[str, str], bytes | None]) -> None:
        """Writes records of a card; raises ``UnknownCardError`` where it was removed meanwhile."""
        self._store.put(records)
        if card.id in self._removed:
            self._store.put(dict.fromkeys(records))
            raise UnknownCardError

    def _left(self, card: Card) -> tuple[PaymentKey, ...]:
        """The keys that the card's counter has not passed."""
        kept = self._store.get(_KEYS, card.id)
        left = _Left() if kept is None else msgspec.json.decode(kept, type=_Left)
        return tuple(key for key in left.keys if key.counter > card.counter)


def _changed(card: Card) -> dict[tuple[str, str], bytes]:
    return {(_CARDS, card.id): msgspec.json.encode(card)}


def _noted(card: Card, tap: Tap) -> dict[tuple[str, str], bytes]:
    return {(journal.space(card.id), tap.place): msgspec.json.encode(tap)}


def _sorted(keys: tuple[PaymentKey, ...]) -> tuple[PaymentKey, ...]:
    return tuple(sorted(keys, key=lambda key: key.counter))
