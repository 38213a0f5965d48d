"""Help: every command shows an example, and pages fit a terminal."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.cli.etui import run

from etui.cli.command import Command
from etui.cli.commands import SECTIONS, all_commands
from etui.cli.completion import commands_of
from etui.cli.exits import MEANINGS, SIGNALS, Exit
from etui.cli.main import build_parser, main

COMMANDS = [command for section in all_commands().values() for command in section]
STARTING = {"run", "up"}
"""Those that start a wallet, which ``test_run.py`` tries."""


def test_etui_alone_shows_a_page_that_names_every_command_and_fits_80_columns() -> None:
    result = run()
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    for command in COMMANDS:
        assert any(line.startswith(f"  {command.name} ") for line in lines), command.name


def test_a_command_is_found_by_its_name() -> None:
    assert [name for section in SECTIONS.values() for name in section] == [command.name for command in COMMANDS]


def test_a_command_loads_no_other() -> None:
    load = "import sys; from etui.cli.main import main; main(['find', '--json']); print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", load], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    loaded = {name for name in found if name.startswith("etui.cli.")}
    assert "etui.cli.items" in loaded
    assert not {"etui.cli.paying", "etui.cli.keys", "etui.cli.doors"} & loaded
    assert "joserfc" not in found


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_shows_examples_and_takes_json(command: Command) -> None:
    assert command.examples
    parser: argparse.ArgumentParser = build_parser()
    for word in command.name.split():
        parser = commands_of(parser)[word]
    page = parser.format_help()
    assert "examples:" in page
    assert "--json" in page


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.name not in STARTING], ids=lambda one: one.name)
def test_whatever_a_command_says_where_no_wallet_runs_is_one_json_value(
    command: Command, short_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HOME", "ETUI_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(short_dir))
    try:
        status = main([*command.name.split(), "--json"])
    except SystemExit as ended:  # of a command line that lacks something
        status = int(ended.code or 0)
    said = capsys.readouterr()
    told = msgspec.json.decode(said.out or said.err)
    assert not (said.out and said.err)
    if said.err:
        assert told["status"] == status
        assert told["error"]["code"]


@pytest.mark.parametrize("columns", [80, 120])
def test_what_a_page_says_of_a_command_fits_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    parsers = build_parser()
    for command in COMMANDS:
        parser: argparse.ArgumentParser = parsers
        for word in command.name.split():
            parser = commands_of(parser)[word]
        said = parser.format_help()
        assert max(map(len, said.splitlines())) <= columns, said
        shown = [" ".join(line.split()) for line in said.replace("\\\n", "").splitlines()]
        assert {line for line, _ in command.examples} <= set(shown), "continued or not, it is what a shell reads"
        what = said.split("\n\n")[1]
        assert what[0].isupper(), said
        assert what.endswith("."), said


def test_help_exits_explains_every_status() -> None:
    page = run("help", "exits").stdout
    assert all(meaning in page for meaning in MEANINGS.values())
    assert set(MEANINGS) == set(Exit)
    table = msgspec.json.decode(run("help", "exits", "--json").stdout)
    assert set(table) == {str(status.value) for status in Exit} | {"129", "130", "143"}
    assert all(f"{number}  {meaning}" in page for number, meaning in SIGNALS.items())


def test_help_on_a_command_is_its_own_page() -> None:
    assert run("help", "door", "enable").stdout == run("door", "enable", "--help").stdout
    assert run("help", "nonsense").returncode == 8


def test_a_command_that_there_is_not_is_a_usage_error() -> None:
    assert run("nonsense").returncode == 2


def test_text_for_people_survives_a_locale_without_its_characters() -> None:
    result = run("help", "exits", environ={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert result.returncode == 0


def test_interfaces_that_come_with_etui_are_shown_without_a_wallet() -> None:
    assert "read(item: reference" in run("interface", "show", "secret/1").stdout
    document = msgspec.json.decode(run("interface", "show", "secret/1", "--json").stdout)
    assert document["interface"] == "secret/1"
