"""A Wallet Shell for the terminal: what lies in the wallet, who may use it, what was done. Built on the SDK alone."""

from asyncio import Lock
from typing import Any

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import DataTable, Footer, Header, Input, Static, TabbedContent, TabPane

from etui.interfaces import Request, read_document, untyped_request
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ConnectionLost, ErrorCode, ProtocolError
from etui.sdk.aio import AsyncClient


class TerminalShell(App[None]):
    TITLE = "Etui, in the terminal"
    BINDINGS = [
        Binding("l", "lock", "Lock or unlock"),
        Binding("r", "revoke", "Take back"),
        Binding("s", "show", "Show in the Trusted Dialog"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._client: AsyncClient | None = None
        self._connecting = Lock()
        self._keepers: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield Header()
        yield Input(placeholder="Find something", id="text")
        with TabbedContent():
            for name, title in (("wallet", "Wallet"), ("programs", "Programs"), ("activity", "Activity")):
                with TabPane(title, id=f"tab-{name}"):
                    yield DataTable(id=name, cursor_type="row")
        yield Static("", id="said", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#wallet", DataTable).add_columns("Name", "Kind", "Kept by")
        self.query_one("#programs", DataTable).add_columns("Program", "May", "On")
        self.query_one("#activity", DataTable).add_columns("What became of it", "Who", "What")
        self.query_one("#wallet", DataTable).focus()
        self.look()

    def on_unmount(self) -> None:
        if self._client is not None:
            self._client.close()

    def on_input_submitted(self) -> None:
        self.look()

    @work(exclusive=True)
    async def look(self) -> None:
        """Shows everything anew."""
        tables = {name: self.query_one(f"#{name}", DataTable) for name in ("wallet", "programs", "activity")}
        for table in tables.values():
            table.clear()
        text = self.query_one("#text", Input).value or None
        try:
            for row in (await self.call(wallet.Extensions())).extensions:
                found = await self.call(shell.Inventory(extension=row.extension, text=text, limit=200))
                for item in found.items:
                    self._keepers[item.item] = row.extension
                    add(tables["wallet"], item.label or item.kind, item.kind, row.name, key=item.item)
            for grant in (await self.call(shell.Grants(limit=200))).grants:
                add(tables["programs"], grant.label, grant.action, grant.what or "everything", key=grant.grant)
            for record in (await self.call(shell.Audit(limit=100, text=text, by_clients=True))).records:
                add(tables["activity"], record.outcome, record.label, f"{record.action} {record.what or ''}")
        except ConnectionLost:
            self.set_timer(0.3, self.look)  # it was locked, and another Router takes the place of that one
        except ProtocolError as error:
            self.say("The wallet is locked: l opens it." if error.code is ErrorCode.LOCKED else error.message)

    @work
    async def action_lock(self) -> None:
        is_open = (await self.call(wallet.Status())).state == "unlocked"
        await self.tried(wallet.Lock() if is_open else wallet.Unlock())

    @work
    async def action_revoke(self) -> None:
        if grant := self.chosen("programs"):
            await self.tried(wallet.Revoke(grant=grant))

    @work
    async def action_show(self) -> None:
        """Has the item's Extension show it, whatever interface of its has a method for that."""
        if not (item := self.chosen("wallet")):
            return
        (row,) = (await self.call(wallet.Extensions(extension=self._keepers[item]))).extensions
        for interface in row.provides:
            document = read_document((await self.call(wallet.Document(interface=interface))).document.encode())
            if (method := document.methods.get("reveal")) and list(method.params) == ["item"]:
                await self.tried(untyped_request(document, "reveal", {"item": item}))
                return
        self.say("There is nothing of it that could be shown.")

    def chosen(self, name: str) -> str | None:
        table = self.query_one(f"#{name}", DataTable)
        if not table.row_count:
            return None
        return table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value

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


def add(table: DataTable[Text], *cells: str, key: str | None = None) -> None:
    """A row of texts as they are: what others say is no markup."""
    table.add_row(*map(Text, cells), key=key)


if __name__ == "__main__":
    TerminalShell().run()
