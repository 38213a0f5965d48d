"""What a command says at a terminal, which has a width."""

from __future__ import annotations

import os
import pty
import sys

import msgspec
import pytest

from etui.cli.output import Output

COLUMNS = (("name", "NAME"), ("client", "CLIENT"), ("what", "ON"))


class Row(msgspec.Struct, frozen=True):
    """A row of a table."""

    name: str
    client: str
    what: str | None


ROWS = [
    Row("Mailer", "app:/usr/bin/mailer", None),
    Row("Backup", "app:/usr/bin/backup", "what lies in all of the wallet"),
]


def shown(columns: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines of a table on a terminal so wide."""
    monkeypatch.setenv("COLUMNS", str(columns))
    screen, line = pty.openpty()
    with os.fdopen(line, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        Output(as_json=False).rows(ROWS, COLUMNS, "Nothing.")
        terminal.flush()
        text = os.read(screen, 4096).decode()
    os.close(screen)
    return text.replace("\r\n", "\n").splitlines()


def test_a_table_that_fits_the_terminal_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(80, monkeypatch) == [
        "NAME    CLIENT               ON",
        "Mailer  app:/usr/bin/mailer  -",
        "Backup  app:/usr/bin/backup  what lies in all of the wallet",
    ]


def test_of_a_table_that_is_wider_than_the_terminal_each_row_is_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(30, monkeypatch) == [
        "NAME    Mailer",
        "CLIENT  app:/usr/bin/mailer",
        "",
        "NAME    Backup",
        "CLIENT  app:/usr/bin/backup",
        "ON      what lies in all of",
        "        the wallet",
    ]


def test_for_a_pipe_a_table_is_one_however_wide_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    Output(as_json=False).rows(ROWS, COLUMNS, "Nothing.")
    assert capsys.readouterr().out.splitlines()[0] == "NAME    CLIENT               ON"
