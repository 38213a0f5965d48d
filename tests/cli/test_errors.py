"""Errors, for programs: one JSON object on standard error, whatever went wrong, and nothing beside it."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.cli.etui import ETUI, done, etui, run

from etui.cli.commands import all_commands
from etui.cli.exits import Exit, exit_of
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet


def failure(result: subprocess.CompletedProcess[str]) -> Any:  # noqa: ANN401  # JSON
    """What was said instead of a result, and that the status says the same."""
    assert result.stdout == ""
    said = msgspec.json.decode(result.stderr)
    assert set(said) == {"error", "status"}
    assert set(said["error"]) == {"code", "message", "why"}
    assert said["status"] == result.returncode
    return said["error"]


def test_a_refusal_carries_the_protocols_code_and_the_decision_that_why_explains(wallet: TestWallet) -> None:
    wallet.user.refuses(action_contains="open the door")
    error = failure(etui(wallet, "door", "enable", "secret-service", "--json"))
    assert error["code"] == "refused"
    assert "You were asked, and you refused it." in done(wallet, "why", error["why"])


@pytest.mark.shares_wallet
def test_an_error_of_the_command_itself_has_the_name_of_its_status(wallet: TestWallet, short_dir: Path) -> None:
    assert failure(etui(wallet, "use", "nothing-like-it", "--json", "--", "cat"))["code"] == "not_found"
    assert failure(etui(wallet, "use", "mail", "--json"))["code"] == "usage"
    (short_dir / "there").touch()
    error = failure(etui(wallet, "export", str(short_dir / "there"), "--json"))
    assert error["code"] == "usage"
    assert str(short_dir / "there") in error["message"]
    assert error["why"] is None


def test_notes_for_people_are_left_out(wallet: TestWallet, short_dir: Path) -> None:
    result = etui(wallet, "export", str(short_dir / "archive"), "--json")
    assert result.returncode == 0
    assert result.stderr == ""
    assert msgspec.json.decode(result.stdout)["file"] == str(short_dir / "archive")


@pytest.mark.parametrize("command", [["status"], ["find"], ["audit", "verify"], ["door", "enable", "secret-service"]])
def test_that_no_wallet_runs_is_an_error_like_others(short_dir: Path, command: list[str]) -> None:
    environ = {"ETUI_HOME": str(short_dir / "none"), "XDG_RUNTIME_DIR": str(short_dir)}
    result = run(*command, "--json", environ=environ)
    assert failure(result)["code"] == "not_running"
    assert result.returncode == Exit.NOT_RUNNING


@pytest.mark.shares_wallet
def test_what_the_wallet_says_when_it_cannot_be_brought_up_is_an_error_like_others(wallet: TestWallet) -> None:
    error = failure(etui(wallet, "up", "--as-root", "--test-profile", "--json"))
    assert "already; `etui status` shows it" in error["message"]


@pytest.mark.parametrize("command", ["up", "run"])
def test_that_there_is_nothing_to_ask_in_is_an_error_like_others(short_dir: Path, command: str) -> None:
    words = ["--test-profile", "--as-root", "--no-doors", "--dialog", "terminal", "--json"]
    error = failure(run(command, *words, environ=TestWallet(short_dir).environ))
    assert error["code"] == "no_terminal"
    assert "there is no terminal to ask you in" in error["message"]


def test_the_tour_says_in_the_same_form_what_it_lacks(short_dir: Path) -> None:
    error = failure(run("run", "--tour", "--json", environ={"PATH": str(short_dir)}))
    assert "apt-get install dbus-daemon" in error["message"]


def test_an_interruption_is_one_too(wallet: TestWallet) -> None:
    wallet.user.waits(action_contains="open the door")
    process = subprocess.Popen(
        [*ETUI, "door", "enable", "secret-service", "--json"],
        env=wallet.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any("open the door" in str(shown) for shown in wallet.user.asked()):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert failure(subprocess.CompletedProcess([], process.returncode, stdout, stderr))["code"] == "interrupted"
    assert process.returncode == 130


def test_for_people_the_same_error_is_a_sentence_that_names_the_decision(wallet: TestWallet) -> None:
    wallet.user.refuses(action_contains="open the door")
    said = etui(wallet, "door", "enable", "secret-service").stderr.splitlines()
    assert said[-1].startswith("etui: ")
    assert "(etui why d-" in said[-1]


def test_help_exits_shows_the_form() -> None:
    page = run("help", "exits").stdout
    assert '{"error": {"code": "denied", "message": "…", "why": "d-7K"}, "status": 7}' in page


def test_help_exits_names_every_command_that_ends_as_the_one_that_it_starts() -> None:
    heading = run("help", "exits").stdout.splitlines()[0]
    named = {words.split()[0] for words in re.findall(r"`([^`]+)`", heading)}
    assert named == {
        command.name for section in all_commands().values() for command in section if command.takes_program
    }


@pytest.mark.parametrize(
    ("word", "hint"), [("fnid", "did you mean `etui find`?"), ("qqqq", "`etui --help` lists them")]
)
def test_a_command_that_there_is_not_is_named_with_the_one_that_may_be_meant(word: str, hint: str) -> None:
    result = run(word)
    assert (result.returncode, f"there is no command {word!r}; {hint}" in result.stderr) == (Exit.USAGE, True)


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["add", "Mail", "--from", "x"], "add"),
        (["door", "enable", "secret-service", "--from"], "door enable"),
        (["door", "--from"], "door"),
        (["use", "mail", "--from", "--", "cat"], "use"),
        (["find", "mail", "--", "cat"], "find"),
        (["--from"], ""),
    ],
)
def test_a_wrong_command_line_is_told_with_the_usage_of_its_command(words: list[str], command: str) -> None:
    result = run(*words)
    assert (result.returncode, result.stdout) == (Exit.USAGE, "")
    assert result.stderr.startswith(f"usage: etui {command}".rstrip() + " [")
    if "--from" in words:
        assert "error: unrecognized arguments: --from" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["find", "--json", "--bogus"], "etui find: unrecognized arguments: --bogus"),
        (["add", "Mail", "--kind", "bogus", "--json"], "etui add: argument --kind: invalid choice: 'bogus'"),
        (["door", "enable", "--json"], "etui door enable: the following arguments are required: NAME"),
        (["find", "mail", "--json", "--", "cat"], "etui find: `etui find` starts no program"),
        (["up", "--dialog", "--json"], "etui up: argument --dialog: expected one argument"),
        (["fnid", "--json"], "etui: there is no command 'fnid'; did you mean `etui find`?"),
        (["--json"], "etui: unrecognized arguments: --json"),
    ],
)
def test_a_wrong_command_line_is_told_to_programs_in_the_form_of_an_error(words: list[str], said: str) -> None:
    error = failure(run(*words))
    assert error["code"] == "usage"
    assert error["message"].startswith(said)


def test_what_follows_a_program_does_not_say_how_ours_speaks() -> None:
    assert run("find", "--bogus", "--", "cat", "--json").stderr.startswith("usage: ")


def test_a_wallet_that_is_locked_out_is_a_locked_one() -> None:
    assert exit_of(ProtocolError(ErrorCode.LOCKED_OUT, "too many wrong tries")) == Exit.LOCKED


def test_a_locked_wallet_is_said_with_what_unlocks_it(wallet: TestWallet) -> None:
    wallet.lock()
    result = etui(wallet, "find", "mail")
    assert (result.returncode, "`etui unlock`" in result.stderr) == (Exit.LOCKED, True)


@pytest.mark.parametrize("command", [["find", "mail"], ["audit"], ["grants"], ["unlock"]])
def test_where_there_is_no_wallet_yet_it_is_said_with_what_makes_one(short_dir: Path, command: list[str]) -> None:
    with TestWallet(short_dir) as wallet:
        result = etui(wallet, *command)
    assert result.returncode == Exit.LOCKED
    assert result.stderr == "etui: there is no wallet yet; make one with `etui init`\n"
