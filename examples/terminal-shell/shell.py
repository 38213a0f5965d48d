"""A Wallet Shell for the terminal: what lies in the wallet, who may use it, what was done and how it behaves.

Built on the SDK alone.
"""

from asyncio import Lock
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace
from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import DataTable, Footer, Header, Input, Static, TabbedContent, TabPane

from etui.interfaces import Document, Effect, FieldType, Request, read_document, untyped_request
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ConnectionLost, ErrorCode, ProtocolError
from etui.sdk.aio import AsyncClient

PART = 200
"""So many rows are asked for at a time."""
TABLES = {
    "wallet": ("Wallet", ("Name", "Kind", "Kept by")),
    "extensions": ("Extensions", ("Name", "Version", "By", "Keeps", "May keep")),
    "programs": ("Programs", ("Program", "May", "On", "Up to, in minor units", "Uses left")),
    "activity": ("Activity", ("What became of it", "Who", "What")),
    "settings": ("Settings", ("Setting", "Is", "Counted in")),
}


class TerminalShell(App[None]):
    TITLE = "Etui, in the terminal"
    ENABLE_COMMAND_PALETTE = False  # whose key would push the others out of sight
    BINDINGS = [
        Binding("l", "lock", "Lock or unlock"),
        Binding("s", "show", "Show"),
        Binding("w", "why", "Why"),
        Binding("m", "more", "Earlier"),
        Binding("c", "change", "Change"),
        Binding("r", "revoke", "Take back"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._client: AsyncClient | None = None
        self._connecting = Lock()
        self._is_away = False
        self._items: dict[str, tuple[str, str]] = {}
        self._grants: dict[str, shell.GrantRow] = {}

    def compose(self) -> ComposeResult:
        yield Header()
        yield Input(placeholder="Find something, or type what it is to be", id="text")
        with TabbedContent(id="tabs"):
            for name, (title, _) in TABLES.items():
                with TabPane(title, id=f"tab-{name}"):
                    yield DataTable(id=name, cursor_type="row")
        yield Static("", id="said", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        for name, (_, columns) in TABLES.items():
            self.table(name).add_columns(*columns)
        self.table("wallet").focus()
        self.look()

    def on_unmount(self) -> None:
        if self._client is not None:
            self._client.close()

    def on_tabbed_content_tab_activated(self, event: TabbedContent.TabActivated) -> None:
        event.pane.query_one(DataTable).focus()

    def on_input_submitted(self) -> None:
        self.look()

    @work(exclusive=True)
    async def look(self) -> None:
        """Shows everything anew."""
        for name in TABLES:
            self.table(name).clear()
        try:
            await self.show_extensions()
            self._grants = {row.grant: row async for row in self.parts(shell.Grants(), "grants")}
            for grant in self._grants.values():
                limit = f"{grant.limit_minor} {grant.currency}" if grant.limit_minor is not None else ""
                cells = grant.label, grant.action, grant.what or "everything", limit, said(grant.uses_left)
                add(self.table("programs"), *cells, key=grant.grant)
            await self.show_records(None)
            for setting in (await self.call(wallet.Settings())).settings:
                cells = setting.title or setting.name, setting.value, setting.unit or ""
                add(self.table("settings"), *cells, key=setting.name)
        except ConnectionLost as error:
            self._is_away = True
            self.say(error.message)
            self.set_timer(0.3, self.look)  # where it was locked, another Router takes the place of that one
        except ProtocolError as error:
            self._is_away = False
            self.say("The wallet is locked: l opens it." if error.code is ErrorCode.LOCKED else error.message)
        else:
            if self._is_away:
                self._is_away = False
                self.say("")

    async def show_extensions(self) -> None:
        """The Extensions, each with what it holds and how much space that takes."""
        rooms = {room.extension: room for room in (await self.call(shell.Space())).rooms}
        for row in (await self.call(wallet.Extensions())).extensions:
            room = rooms.get(row.extension)
            used = f"{room.bytes:,} bytes" if room else ""
            allowed = f"{row.quota_bytes:,} bytes" if row.quota_bytes else ""
            add(self.table("extensions"), row.name, row.version, row.publisher, used, allowed)
            asked = shell.Inventory(extension=row.extension, text=self.typed or None)
            async for item in self.parts(asked, "items"):
                self._items[item.item] = row.extension, item.kind
                add(self.table("wallet"), item.label or item.kind, item.kind, row.name, key=item.item)

    async def show_records(self, before: str | None) -> None:
        asked = shell.Audit(limit=PART, text=self.typed or None, before=before, by_clients=True)
        for record in (await self.call(asked)).records:
            about = f"{record.action} {record.what or ''}"
            add(self.table("activity"), record.outcome, record.label, about, key=record.id)

    async def parts(self, request: Request[Any], rows: str) -> AsyncIterator[Any]:
        """The rows of a list, however many there are: asked for in parts, as one answer has room for."""
        skip = 0
        while found := getattr(part := await self.call(replace(request, skip=skip, limit=PART)), rows):
            for row in found:
                yield row
            skip += len(found)
            if skip >= part.total:
                return

    @work
    async def action_lock(self) -> None:
        with self.saying_why_not():
            is_open = (await self.call(wallet.Status())).state == "unlocked"
            await self.tried(wallet.Lock() if is_open else wallet.Unlock())

    @work
    async def action_revoke(self) -> None:
        if grant := self.chosen("programs"):
            await self.tried(wallet.Revoke(grant=grant))

    @work
    async def action_change(self) -> None:
        """Sets the setting that is chosen, or the limit of the right: lower at once, higher once the user says yes."""
        if name := self.chosen("settings"):
            await self.tried(wallet.Set(name=name, value=self.typed))
        elif not (grant := self.chosen("programs")):
            self.say("Choose a setting, or a right of a program.")
        elif not self.typed.isdecimal():
            self.say("Type a whole number above, then press c on the right that is to have it.")
        elif self._grants[grant].limit_minor is not None:
            await self.tried(wallet.Amend(grant=grant, limit_minor=int(self.typed)))
        else:
            await self.tried(wallet.Amend(grant=grant, uses_left=int(self.typed)))

    @work
    async def action_why(self) -> None:
        if record := self.chosen("activity"):
            with self.saying_why_not():
                self.say("\n".join((await self.call(wallet.Why(id=record))).sentences))

    @work
    async def action_more(self) -> None:
        table = self.table("activity")
        if table.row_count:
            with self.saying_why_not():
                await self.show_records(list(table.rows)[-1].value)

    @work
    async def action_show(self) -> None:
        """Has the item's Extension show it, by whichever method is marked as one that does."""
        if item := self.chosen("wallet"):
            with self.saying_why_not():
                await self.show_item(item)

    async def show_item(self, item: str) -> None:
        extension, kind = self._items[item]
        (row,) = (await self.call(wallet.Extensions(extension=extension))).extensions
        for interface in row.provides:
            document = read_document((await self.call(wallet.Document(interface=interface))).document.encode())
            for method, field in shows(document, kind):
                await self.tried(untyped_request(document, method, {field: item}))
                return
        self.say("There is nothing of it that could be shown.")

    @property
    def typed(self) -> str:
        return self.query_one("#text", Input).value.strip()

    def table(self, name: str) -> DataTable[Text]:
        return self.query_one(f"#{name}", DataTable)

    def chosen(self, name: str) -> str | None:
        """The key of the row that is chosen in a table, if that is the one in sight."""
        table = self.table(name)
        if not table.row_count or self.query_one("#tabs", TabbedContent).active != f"tab-{name}":
            return None
        return table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value

    @contextmanager
    def saying_why_not(self) -> Iterator[None]:
        try:
            yield
        except ProtocolError as error:
            self.say(error.message)

    async def tried(self, request: Request[Any]) -> None:
        """Asks the wallet for something, says what came of it, and looks again."""
        try:
            await self.call(request)
            self.say("Done.")
        except ConnectionLost:
            pass  # it was locked
        except ProtocolError as error:
            self.say(error.message)
        self.look()

    async def call(self, request: Request[Any]) -> Any:  # noqa: ANN401  # what answers the request
        return await (await self.client()).call(request)

    async def client(self) -> AsyncClient:
        async with self._connecting:
            if self._client is None or self._client.closed.done():
                self._client = await AsyncClient.connect(name="terminal shell")
            return self._client

    def say(self, text: str) -> None:
        self.query_one("#said", Static).update(text)


def shows(document: Document, kind: str) -> Iterator[tuple[str, str]]:
    """The methods that show an item of a kind to the user and tell the caller nothing, each with the item's field."""
    for name, method in document.methods.items():
        tells_nothing = method.effect is Effect.USE and method.waits and not method.result
        if not tells_nothing or len(method.params) != 1:
            continue
        for field, what in method.params.items():
            if what.type is FieldType.REFERENCE and (not what.kinds or kind in what.kinds):
                yield name, field


def said(number: int | None) -> str:
    return "" if number is None else str(number)


def add(table: DataTable[Text], *cells: str, key: str | None = None) -> None:
    """A row of texts as they are: what others say is no markup."""
    table.add_row(*map(Text, cells), key=key)


if __name__ == "__main__":
    TerminalShell().run()
