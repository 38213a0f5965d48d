"""A music player for the terminal: it buys tracks with the wallet, and plays those that are yours."""

import argparse
from pathlib import Path
from threading import Lock

from music import Declined, Music, NotYoursError, Track, usual_folder
from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import DataTable, Footer, Header, Static
from tones import Player, notes_of

from etui.sdk import Client, ConnectionLost, ProtocolError
from etui.sdk.shop import ShopError

SHOP = "https://shop.etui.test/orders"


class MusicPlayer(App[None]):
    TITLE = "Music"
    BINDINGS = [
        Binding("enter", "play", "Play", priority=True),
        Binding("b", "buy", "Buy"),
        Binding("s", "stop", "Stop"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, music: Music, player: Player) -> None:
        super().__init__()
        self._music = music
        self._player = player
        self._tracks: dict[str, Track] = {}
        self._one_at_a_time = Lock()

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable(id="tracks", cursor_type="row")
        yield Static("Enter plays what is yours; b buys it.", id="said", markup=False)
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
            self.tried(track, buys=False)

    @work(thread=True)
    def action_buy(self) -> None:
        if track := self.chosen():
            self.tried(track, buys=True)

    def tried(self, track: Track, *, buys: bool) -> None:
        """Plays a track that is yours, after it was bought where that is wanted; says what came of it."""
        self.say("The wallet asks you, in its own window.")
        try:
            with self._one_at_a_time, Client.connect(name="music player") as wallet:
                if buys:
                    self._music.buy(wallet, track)
                self._music.check_yours(wallet, track)
                self.say(f"{track.name}: {self._player.play(track.id, usual_folder())}.")
        except NotYoursError as error:
            self.say(f"Not played: {error}.")
        except ProtocolError as error:
            self.say(f"Not played: the wallet says “{error.message}”.")
        except (Declined, ShopError, ConnectionLost, OSError) as error:
            self.say(f"Not played: {error}.")

    def chosen(self) -> Track | None:
        table = self.query_one("#tracks", DataTable)
        if not table.row_count:
            return None
        return self._tracks[table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value or ""]

    def say(self, text: str) -> None:
        """Says it below the list, from whatever thread."""
        self.call_from_thread(self.query_one("#said", Static).update, text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Buys tracks with the wallet, and plays those that are yours.")
    parser.add_argument("shop", nargs="?", default=SHOP, help="where the shop takes orders (%(default)s)")
    parser.add_argument("--into", type=Path, metavar="FILE", help="write what is played to a file in WAV instead")
    options = parser.parse_args()
    MusicPlayer(Music(options.shop, usual_folder()), Player(options.into)).run()
