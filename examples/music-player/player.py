"""A music player for the terminal: it buys tracks with the wallet, and plays those that are yours."""

import argparse
import re
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from music import BeyondBudget, Declined, Music, NotYoursError, Track, budgets, usual_folder
from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import DataTable, Footer, Header, Static
from tones import Player, notes_of

from etui.sdk import Client, ConnectionLost, ProtocolError
from etui.sdk.shop import ShopError

SHOP = "https://shop.etui.test/orders"
DAY_S = 86_400


class MusicPlayer(App[None]):
    TITLE = "Music"
    BINDINGS = [
        Binding("enter", "play", "Play", priority=True),
        Binding("b", "buy", "Buy"),
        Binding("m", "give", "Monthly budget"),
        Binding("s", "stop", "Stop"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, music: Music, player: Player, budget: int) -> None:
        """`budget`: what is proposed for 30 days, in minor units of the shop's currency, of which a hundred are one."""
        super().__init__()
        self._music = music
        self._player = player
        self._budget = budget
        self._tracks: dict[str, Track] = {}
        self._one_at_a_time = Lock()

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable(id="tracks", cursor_type="row")
        yield Static("Enter plays what is yours; b buys it; m asks you for a budget.", id="said", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one("#tracks", DataTable)
        table.add_columns("Track", "Price", "Begins with")
        table.focus()
        self.look()

    def on_unmount(self) -> None:
        self._player.stop()

    @work(thread=True)
    def look(self) -> None:
        """Lists what the shop has."""
        try:
            self._tracks = {track.id: track for track in self._music.tracks()}
        except OSError as error:
            self.say(f"The shop cannot be reached: {error}")
        else:
            self.call_from_thread(self.list_tracks)

    def list_tracks(self) -> None:
        table = self.query_one("#tracks", DataTable)
        for track in self._tracks.values():
            beginning = " ".join(notes_of(track.id)[:4])
            table.add_row(*map(Text, (track.name, track.price, beginning)), key=track.id)

    def action_stop(self) -> None:
        self._player.stop()

    @work(thread=True)
    def action_play(self) -> None:
        if track := self.chosen():
            self.tried("Not played", self.played, track)

    @work(thread=True)
    def action_buy(self) -> None:
        if track := self.chosen():
            self.tried("Not played", self.bought, track)

    @work(thread=True)
    def action_give(self) -> None:
        if track := self.chosen():
            self.tried("Nothing is paid unasked", self.given, track)

    def tried(self, failed: str, does: Callable[[Client, Track], str], track: Track) -> None:
        """Has something done with the wallet, and says what came of it. `failed`: how that begins where nothing did."""
        self.say("The wallet asks you, in its own window.")
        try:
            with self._one_at_a_time, Client.connect(name="music player") as wallet:
                self.say(does(wallet, track))
        except ProtocolError as error:
            self.say(f"{failed}: the wallet says “{error.message}”.")
        except (NotYoursError, BeyondBudget, Declined, ShopError, ConnectionLost, OSError) as error:
            self.say(f"{failed}: {error}.")

    def played(self, wallet: Client, track: Track) -> str:
        """Plays a track that is yours; one that is not is bought first, where there is a budget, within that."""
        try:
            self._music.check_yours(wallet, track)
        except NotYoursError:
            if not budgets(wallet):
                raise
            self._music.buy_within_budget(wallet, track)
            return f"{self.heard(track)} Bought within your budget: {left(wallet)}."
        return self.heard(track)

    def bought(self, wallet: Client, track: Track) -> str:
        """Buys a track, and plays it."""
        self._music.buy(wallet, track)
        self._music.check_yours(wallet, track)
        return self.heard(track)

    def given(self, wallet: Client, track: Track) -> str:
        """Proposes the budget for the shop of a track; says what its user gave."""
        given = self._music.propose_budget(wallet, track, self._budget)
        until = f", until {time.strftime('%d %B %Y', time.localtime(given.until))}" if given.until else ""
        days = given.period_s // DAY_S
        return f"Enter buys what is not yours, up to {money(given.amount, given.currency)} in {days} days{until}."

    def heard(self, track: Track) -> str:
        """Plays a track, and says by what."""
        return f"{track.name}: {self._player.play(track.id, usual_folder())}."

    def chosen(self) -> Track | None:
        table = self.query_one("#tracks", DataTable)
        if not table.row_count:
            return None
        return self._tracks[table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value or ""]

    def say(self, text: str) -> None:
        """Says it below the list, from whatever thread."""
        self.call_from_thread(self.query_one("#said", Static).update, text)


def money(minor: int, currency: str) -> str:
    """An amount for people."""
    return f"{minor // 100}.{minor % 100:02} {currency}"


def left(wallet: Client) -> str:
    """What is left of each budget, for people."""
    return ", ".join(
        f"{money(one.left_minor, one.currency)} of {money(one.limit_minor, one.currency)} are left for {one.only_for}"
        for one in budgets(wallet)
    )


def minor_units(text: str) -> int:
    """What somebody types for an amount: a number with at most two places."""
    if not re.fullmatch(r"[0-9]+(\.[0-9]{1,2})?", text):
        raise argparse.ArgumentTypeError(f"“{text}” is no amount: write it as 5 or 4.50")
    units, _, cents = text.partition(".")
    return int(units) * 100 + int(cents.ljust(2, "0"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Buys tracks with the wallet, and plays those that are yours.")
    parser.add_argument("shop", nargs="?", default=SHOP, help="where the shop takes orders (%(default)s)")
    parser.add_argument("--into", type=Path, metavar="FILE", help="write what is played to a file in WAV instead")
    asked = "what m asks for: up to so much every 30 days, in the shop's currency (%(default)s)"
    parser.add_argument("--budget", type=minor_units, default="5.00", metavar="AMOUNT", help=asked)
    options = parser.parse_args()
    MusicPlayer(Music(options.shop, usual_folder()), Player(options.into), options.budget).run()
