"""The music player, a stranger's: what was bought plays, in this wallet and in one restored; nothing else does."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import os
import shutil
import sys
import tempfile
import wave
from array import array
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from joserfc.jwk import ECKey, KeySet
from tests.cli.etui import run
from tests.standards.payments.shop import NOW, Shop
from tests.town import Town, add_card, open_town, wallet_in
from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from etui.interfaces import receipt_1 as receipt
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet_interface
from etui.standards.jose import jwk_of
from etui.standards.payments import Amount, Kind, Line
from etui.testkit import TestAuthority, TestWallet

EXAMPLE: Final = Path(__file__).parents[2] / "examples/music-player"
HARBOUR: Final = "Harbour at Five, a track"
LANTERN: Final = "Lantern Song, a track"
ROPEWAY: Final = "Ropeway, a track"
BUDGET: Final = 200
"""In cents: for one of the tracks, and not for two."""
_PATIENCE_S: Final = 30.0


class Place:
    """Where the player is started: a folder, a town, and the example's own modules."""

    def __init__(self, folder: Path, authority: TestAuthority, town: Town) -> None:
        self.folder = folder
        self.authority = authority
        self.town = town
        self.out = folder / "played.wav"
        self.player, self.music, self.tones = map(importlib.import_module, ("player", "music", "tones"))

    def plays(self, wallet: TestWallet, story: Callable[[Any, Pilot[None]], Awaitable[None]]) -> None:
        """Starts the player anew in a terminal, and plays a story on it once it lists the tracks."""

        async def play() -> None:
            app = self.player.MusicPlayer(self.music_in(wallet, self.town.shop), self.player.Player(self.out), BUDGET)
            async with app.run_test(size=(100, 30)) as pilot:
                await until(pilot, lambda: app.query_one(DataTable).row_count == 3)
                await story(app, pilot)

        self.out.unlink(missing_ok=True)
        with surroundings(wallet):
            asyncio.run(play())

    def music_in(self, wallet: TestWallet, port: int) -> Any:  # noqa: ANN401  # the example's own class
        """The shop, with keys that are kept for each wallet apart."""
        return self.music.Music(f"https://localhost:{port}/orders", wallet.folder / "keys")


@contextlib.contextmanager
def surroundings(wallet: TestWallet) -> Iterator[None]:
    """The environment of a wallet's programs."""
    before = dict(os.environ)
    os.environ.update(wallet.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    authority = TestAuthority(folder)
    sys.path.insert(0, str(EXAMPLE))
    try:
        with open_town(folder, authority) as town:
            yield Place(folder, authority, town)
    finally:
        sys.path.remove(str(EXAMPLE))
        for name in ("player", "music", "tones"):
            sys.modules.pop(name, None)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def bought(place: Place) -> Iterator[TestWallet]:
    """A wallet with a card, in which one track was bought; it was not played before."""

    async def story(app: Any, pilot: Pilot[None]) -> None:  # noqa: ANN401  # the example's own class
        await pilot.press("enter")
        await until(pilot, lambda: f"there is no receipt for “{HARBOUR}”" in said(app))
        assert not place.out.exists()
        await pilot.press("b")
        await until(pilot, lambda: f"{HARBOUR}: written to" in said(app))

    with wallet_in(place.town, place.authority, place.folder / "w") as wallet:
        wallet.user.approves()
        add_card(wallet, place.town)
        place.plays(wallet, story)
        assert "pay 0.99 EUR to shop.etui.test" in str(wallet.user.asked())
        yield wallet


def said(app: Any) -> str:  # noqa: ANN401  # as above
    return str(app.query_one("#said", Static).content)


async def until(pilot: Pilot[None], holds: Callable[[], bool], instead: Callable[[], str] = str) -> None:
    for _ in range(int(_PATIENCE_S / 0.05)):
        await pilot.pause(0.05)
        if holds():
            return
    pytest.fail(f"it does not come to that: {instead()}")


def chosen(down: int, text: str) -> Callable[[Any, Pilot[None]], Awaitable[None]]:
    """The story of a track that is asked for, by its place in the list, and what is said of it."""

    async def story(app: Any, pilot: Pilot[None]) -> None:  # noqa: ANN401  # as above
        await pilot.press(*["down"] * down, "enter")
        await until(pilot, lambda: text in said(app), lambda: said(app))

    return story


def notes_in(file: Path, tones: Any) -> list[str]:  # noqa: ANN401  # the example's own module
    """The notes that are heard, by how often each crosses zero upwards."""
    with wave.open(str(file)) as opened:
        rate, samples = opened.getframerate(), array("h", opened.readframes(opened.getnframes()))
    each = int(rate * 0.22)
    return [_note(samples[at : at + each], rate, tones) for at in range(0, len(samples), each)]


def _note(samples: Sequence[int], rate: int, tones: Any) -> str:  # noqa: ANN401  # as above
    ups = [at for at in range(1, len(samples)) if samples[at - 1] < 0 <= samples[at]]
    if len(ups) < 2:
        return "--"
    hertz = (len(ups) - 1) * rate / (ups[-1] - ups[0])
    known = {f"{letter}{octave}": tones.frequency(f"{letter}{octave}") for letter in "CDEFGAB" for octave in (4, 5)}
    return min(known, key=lambda note: abs(known[note] - hertz))


def test_what_was_bought_plays_after_a_restart(bought: TestWallet, place: Place) -> None:
    place.plays(bought, chosen(0, f"{HARBOUR}: written to"))
    assert notes_in(place.out, place.tones) == place.tones.notes_of("track-harbour")


def test_a_receipt_that_the_user_does_not_show_plays_nothing(bought: TestWallet, place: Place) -> None:
    locked_and_opened(bought)  # what this process was let see before counts no more
    bought.user.refuses()
    try:
        place.plays(bought, chosen(0, "Not played: the wallet says"))
    finally:
        bought.user.approves()
        locked_and_opened(bought)  # nor what it was just refused
    assert not place.out.exists()


def locked_and_opened(wallet: TestWallet) -> None:
    wallet.lock()
    wallet.unlock()


def test_a_receipt_that_somebody_else_signed_plays_nothing(bought: TestWallet, place: Place) -> None:
    with bought.connect() as client:
        client.call(receipt.File(receipt=receipt_of(Shop(), ROPEWAY)))
    place.plays(bought, chosen(2, f"the shop did not sign the receipt for “{ROPEWAY}”"))
    assert not place.out.exists()


def test_without_a_line_to_the_shop_its_keys_are_those_seen_last(bought: TestWallet, place: Place) -> None:
    track = place.music.Track("track-harbour", HARBOUR, "")
    with surroundings(bought), bought.connect() as client:
        place.music_in(bought, place.town.shop).check_yours(client, track)
        kept = bought.folder / "keys" / f"localhost-{place.town.shop}.json"
        of_nobody = kept.with_name("localhost-1.json")
        shutil.copy(kept, of_nobody)
        place.music_in(bought, 1).check_yours(client, track)
        of_nobody.unlink()
        with pytest.raises(place.music.NotYoursError, match="keys were never seen"):
            place.music_in(bought, 1).check_yours(client, track)


def test_another_track_plays_once_it_is_bought_within_a_budget_and_beyond_that_not_at_all(
    bought: TestWallet, place: Place
) -> None:
    place.plays(bought, chosen(1, f"there is no receipt for “{LANTERN}”"))
    assert not place.out.exists()
    bought.user.approves(action_contains="without asking you", remember="proposed")
    for price in ("1.29", "0.99"):
        bought.user.refuses(action_contains=f"pay {price}")
    try:
        place.plays(bought, given)
        question = bought.user.asked()[-1]
        assert "pay shop.etui.test with “" in str(question)
        assert "2.00 EUR" in str(question)
        asked = len(bought.user.asked())
        place.plays(bought, chosen(1, f"{LANTERN}: written to"))
        assert notes_in(place.out, place.tones) == place.tones.notes_of("track-lantern")
        assert len(bought.user.asked()) == asked, "nobody was asked"
        place.plays(bought, chosen(2, f"your budget does not cover “{ROPEWAY}”; b buys it all the same"))
        assert not place.out.exists()
        with bought.connect() as client:
            (right,) = [row for row in client.call(shell.Grants()).grants if row.action == "payment/1.pay"]
            assert right.left_minor == BUDGET - 129
            client.call(wallet_interface.Revoke(grant=right.grant))
        place.plays(bought, chosen(2, "Not played: the"))
        assert not [one for one in bought.user.asked()[asked:] if "pay " in str(one)]
    finally:
        bought.user.approves()


async def given(app: Any, pilot: Pilot[None]) -> None:  # noqa: ANN401  # as above
    """The story of a budget that its user gives."""
    await pilot.press("m")
    await until(pilot, lambda: "up to 2.00 EUR in 30 days" in said(app), lambda: said(app))


@pytest.mark.parametrize(("typed", "minor"), [("5", 500), ("4.5", 450), ("0.05", 5), ("12.34", 1234)])
def test_a_budget_is_typed_as_people_write_amounts(place: Place, typed: str, minor: int) -> None:
    assert place.player.minor_units(typed) == minor


@pytest.mark.parametrize("typed", ["", ".5", "-1", "1.234", "1,50", "5 EUR", "\u0661", "1.\u00b2"])
def test_what_is_no_amount_is_no_budget(place: Place, typed: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no amount: write it as 5"):
        place.player.minor_units(typed)


def test_it_plays_in_a_wallet_that_was_restored(bought: TestWallet, place: Place) -> None:
    archive = place.folder / "wallet.etui"
    exported = bought.etui("export", str(archive))
    assert exported.returncode == 0, exported.stderr
    (place.folder / "other").mkdir(mode=0o700)
    other = TestWallet(place.folder / "other", environ={"SSL_CERT_FILE": str(place.authority.file)})
    other.user.approves()
    restored = run("restore", str(archive), environ=other.environ)
    assert restored.returncode == 0, restored.stderr
    with other:
        other.unlock()
        place.plays(other, chosen(0, f"{HARBOUR}: written to"))
    assert place.out.exists()
    bought.unlock()


def test_what_the_shop_signed_as_something_else_is_no_receipt(place: Place) -> None:
    shop, track = Shop(), place.music.Track("track-harbour", HARBOUR, "")
    own = ECKey.import_key(msgspec.to_builtins(jwk_of(shop.key.public_key())))
    keys = KeySet([ECKey.generate_key("P-256"), own])
    place.music.check(receipt_of(shop, HARBOUR), keys, track)
    signature = receipt_of(shop, ROPEWAY).rpartition(".")[2]
    for token, why in (
        (receipt_of(shop, HARBOUR, kind=Kind.REFUND), "no receipt of a sale"),
        (shop.asks(NOW), "no receipt of a sale"),
        (receipt_of(shop, ROPEWAY), "something else"),
        (f"{receipt_of(shop, HARBOUR).rpartition('.')[0]}.{signature}", "did not sign"),
        ("", "did not sign"),
    ):
        with pytest.raises(place.music.NotYoursError, match=why):
            place.music.check(token, keys, track)


def receipt_of(shop: Shop, what: str, **members: object) -> str:
    """A receipt for one thing."""
    return shop.receipt(bytes(32), items=(Line(what, Amount("EUR", "12.50")),), **members)
