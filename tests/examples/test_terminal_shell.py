"""The Shell for the terminal, a stranger's: it shows and does what ours does, with the same rights and no others."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, Static, TabbedContent

from etui.interfaces import secret_1 as secret
from etui.testkit import TestWallet
from etui.testkit.user import OVERSEE

EXAMPLE: Final = Path(__file__).parents[2] / "examples/terminal-shell/shell.py"
HOSTILE: Final = "[red]Mailbox[/red]"
_PATIENCE_S: Final = 60.0


def played(wallet: TestWallet, story: Callable[[Any, Pilot[None]], Awaitable[None]]) -> None:
    """Starts it in a terminal of 100 by 30 and plays a story on it."""
    spec = importlib.util.spec_from_file_location("terminal_shell", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    async def play() -> None:
        app = module.TerminalShell()
        async with app.run_test(size=(100, 30)) as pilot:
            await story(app, pilot)
        await asyncio.sleep(0)  # so that its connection has ended, too

    before = dict(os.environ)
    os.environ.update(wallet.environ)
    try:
        asyncio.run(play())
    finally:
        os.environ.clear()
        os.environ.update(before)


def rows(app: Any, name: str) -> list[list[str]]:  # noqa: ANN401  # the example's own class
    table = app.query_one(f"#{name}", DataTable)
    return [[str(cell) for cell in table.get_row_at(number)] for number in range(table.row_count)]


def open_tab(app: Any, name: str) -> None:  # noqa: ANN401  # as above
    app.query_one("#tabs", TabbedContent).active = f"tab-{name}"


def told(app: Any) -> str:  # noqa: ANN401  # as above
    return str(app.query_one("#said", Static).content)


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    for _ in range(int(_PATIENCE_S / 0.05)):
        await pilot.pause(0.05)
        if holds():
            return
    pytest.fail("it does not come to that")


@pytest.fixture
def filled(wallet: TestWallet) -> TestWallet:
    wallet.user.approves()
    with wallet.connect() as client:
        client.call(secret.Create(kind="login", label=HOSTILE, value=b"x"))
    wallet.etui("grant", "app:/opt/friend", "secret/1.read")
    return wallet


def test_it_shows_what_lies_in_the_wallet_who_may_use_it_and_what_was_done(filled: TestWallet) -> None:
    async def story(app: Any, pilot: Pilot[None]) -> None:  # noqa: ANN401  # as above
        await until(pilot, lambda: bool(rows(app, "activity")))
        assert [HOSTILE, "login", "Secrets"] in rows(app, "wallet"), "as it is, and no markup"
        assert ["app:/opt/friend", "secret/1.read", "everything in Secrets", "", ""] in rows(app, "programs")
        assert any("secret/1.create" in row[2] for row in rows(app, "activity"))
        filled.user.rule("approve", when={"face": "reveal"})
        await pilot.press("s")
        await until(pilot, lambda: any(entry.get("face") == "reveal" for entry in filled.user.shown()))
        await until(pilot, lambda: told(app) == "Done." and bool(rows(app, "settings")))

    played(filled, story)


def test_a_right_is_taken_back_and_the_wallet_locked_and_opened(filled: TestWallet) -> None:
    async def story(app: Any, pilot: Pilot[None]) -> None:  # noqa: ANN401  # as above
        await until(pilot, lambda: bool(rows(app, "activity")))
        before = len(rows(app, "programs"))
        open_tab(app, "programs")
        await pilot.press("r")
        await until(pilot, lambda: len(rows(app, "activity")) > 0 and len(rows(app, "programs")) == before - 1)
        await pilot.press("l")
        await until(pilot, lambda: not rows(app, "wallet"))
        await until(pilot, lambda: "locked" in told(app))
        await pilot.press("l")
        await until(pilot, lambda: bool(rows(app, "wallet")))

    played(filled, story)


def test_limits_and_settings_are_changed_there_and_what_was_done_is_explained(filled: TestWallet) -> None:
    filled.etui("grant", "app:/opt/arcade", "apdu/1.arm", "--currency", "EUR", "--limit", "20")

    async def story(app: Any, pilot: Pilot[None]) -> None:  # noqa: ANN401  # as above
        await until(pilot, lambda: bool(rows(app, "settings")))
        (secrets,) = [row for row in rows(app, "extensions") if row[0] == "Secrets"]
        assert secrets[4] == "67,108,864 bytes"
        assert 0 < int(secrets[3].removesuffix(" bytes").replace(",", "")) < 67_108_864
        limits = [row[3] for row in rows(app, "programs")]
        assert limits.count("2000 EUR") == 1
        app.query_one("#text", Input).value = "750"
        open_tab(app, "programs")
        await pilot.pause()
        app.query_one("#programs", DataTable).move_cursor(row=limits.index("2000 EUR"))
        await pilot.press("c")
        await until(pilot, lambda: [row[3] for row in rows(app, "programs")].count("750 EUR") == 1)
        app.query_one("#text", Input).value = "500"
        open_tab(app, "settings")
        await pilot.pause()
        place = [row[0] for row in rows(app, "settings")].index("Locks itself after")
        app.query_one("#settings", DataTable).move_cursor(row=place)
        await pilot.press("c")
        await until(pilot, lambda: ["Locks itself after", "500", "seconds"] in rows(app, "settings"))
        app.query_one("#text", Input).value = "secret/1.create"
        app.look()
        await until(pilot, lambda: {row[2].split()[0] for row in rows(app, "activity")} == {"secret/1.create"})
        open_tab(app, "activity")
        await pilot.pause()
        await pilot.press("w")
        await until(pilot, lambda: "What was asked for: “secret/1.create”" in told(app))

    played(filled, story)


def test_of_many_all_are_shown_part_by_part(filled: TestWallet) -> None:
    with filled.connect() as client:
        for number in range(204):
            client.call(secret.Create(kind="note", label=f"Note {number}", value=b"x"))

    async def story(app: Any, pilot: Pilot[None]) -> None:  # noqa: ANN401  # as above
        await until(pilot, lambda: bool(rows(app, "settings")))
        assert len(rows(app, "wallet")) == 205
        assert len(rows(app, "activity")) == 200
        open_tab(app, "activity")
        await pilot.pause()
        await pilot.press("m")
        await until(pilot, lambda: len(rows(app, "activity")) > 204)

    played(filled, story)


def test_without_the_users_yes_it_sees_nothing(wallet: TestWallet) -> None:
    wallet.user.refuses(action_contains=OVERSEE)

    async def story(app: Any, pilot: Pilot[None]) -> None:  # noqa: ANN401  # as above
        await until(pilot, lambda: bool(told(app)))
        assert rows(app, "wallet") == rows(app, "programs") == rows(app, "activity") == []

    played(wallet, story)


def test_where_no_wallet_runs_it_says_so_and_goes_on(
    wallet: TestWallet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(wallet.environ, "XDG_RUNTIME_DIR", str(tmp_path))

    async def story(app: Any, pilot: Pilot[None]) -> None:  # noqa: ANN401  # as above
        await until(pilot, lambda: "no wallet answers" in told(app))
        assert sum(len(f" {one.key} {one.description} ") for one in app.BINDINGS) <= 80, (
            "all keys are told at 80 columns"
        )
        await pilot.press("l", "s", "r", "w", "m")
        await pilot.pause(0.5)
        assert "`./run`" in told(app)

    played(wallet, story)
