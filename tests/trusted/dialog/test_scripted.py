"""The scripted dialog: rules in order, a file that may change, a transcript without secrets."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from tests.trusted.dialog.questions import ASKER, CHOOSE, CONFIRM, DIGEST, FRAME, READ, SEVERAL
from tests.trusted.dialog.router_side import RouterSide

from etui.sealing.recovery import new_recovery_key, recovery_text
from etui.trusted.dialog.errors import ScriptError
from etui.trusted.dialog.requests import (
    Approved,
    Asker,
    AskSecret,
    ChangeAppearance,
    Chosen,
    Confirm,
    Create,
    Created,
    Dismissed,
    Looks,
    NewPassphrase,
    Refused,
    Request,
    Reveal,
    ShowRecovery,
    Typed,
    Unlock,
)
from etui.trusted.dialog.script import read_script


class Played:
    """A dialog under a script, and what its transcript says."""

    def __init__(self, folder: Path) -> None:
        self.script = folder / "script"
        self.transcript = folder / "transcript"
        self.script.write_text("")
        arguments = ("--face", "scripted", "--script", str(self.script), "--transcript", str(self.transcript))
        self.router = RouterSide(*arguments)

    def play(self, *rules: dict[str, object]) -> None:
        """Puts new rules in place of the old."""
        fresh = self.script.with_suffix(".new")
        fresh.write_text("".join(json.dumps(rule) + "\n" for rule in rules))
        fresh.replace(self.script)

    def ask(self, request: Request) -> object:
        self.router.show(request)
        return self.router.answer()

    def told(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.transcript.read_text().splitlines()]


@pytest.fixture
def played(short_dir: Path) -> Iterator[Played]:
    played = Played(short_dir)
    with played.router:
        hello = played.router.greeted()
        assert hello.display == "scripted"
        assert not hello.protected
        yield played


def test_the_first_rule_that_fits_answers(played: Played) -> None:
    played.play(
        {"when": {"face": "confirm", "action_contains": "read", "name_contains": "other.sh"}, "answer": "refuse"},
        {"when": {"face": "confirm"}, "answer": "approve", "remember_contains": "Always"},
        {"answer": "dismiss", "silence": True},
    )
    assert played.ask(CONFIRM) == Approved(digest=DIGEST, remember="always")
    other = Confirm(asker=_named("other.sh"), action="read a password", digest=DIGEST)
    assert played.ask(other) == Refused()
    assert played.ask(CHOOSE) == Dismissed(silence=True)


def _named(name: str) -> Asker:
    return msgspec.structs.replace(ASKER, name=name)


def test_what_no_rule_fits_is_dismissed_and_the_transcript_says_so(played: Played) -> None:
    assert played.ask(CONFIRM) == Dismissed()
    assert played.told()[-1]["error"] == "no rule fits"


def test_every_kind_of_answer_is_given_and_sealed_to_its_field(played: Played) -> None:
    router = played.router
    key = router.key.public
    played.play(
        {
            "when": {"face": "create"},
            "answer": "create",
            "passphrase": "six good words of a test",
            "open_session": True,
        },
        {"when": {"face": "unlock"}, "answer": "type", "secret": "six good words"},
        {"when": {"face": "new_passphrase"}, "answer": "type", "secret": "old", "new": "six new words of a test"},
        {"when": {"face": "ask_secret"}, "answer": "type", "secret": "2743"},
        {"when": {"face": "choose"}, "answer": "choose", "label_contains": "Cred"},
        {"when": {"face": "appearance"}, "answer": "looks", "picture": "owl", "phrase": "p", "colour": "#2e6b4f"},
        {"when": {"face": "confirm", "text_contains": "Calendar"}, "answer": "approve", "items": ["b"]},
        {"when": {"face": "confirm"}, "answer": "approve", "secret": "again"},
        {"answer": "approve"},
    )
    created = played.ask(Create(key=key))
    assert isinstance(created, Created)
    assert created.open_session
    assert router.opened(created.sealed, "vault.passphrase") == "six good words of a test"
    unlocked = played.ask(Unlock(key=key))
    assert isinstance(unlocked, Typed)
    assert router.opened(unlocked.sealed, "vault.passphrase") == "six good words"
    changed = played.ask(NewPassphrase(key=key))
    assert isinstance(changed, Typed)
    assert router.opened(changed.sealed, "vault.passphrase") == "old"
    assert router.opened(changed.sealed_new, "vault.new") == "six new words of a test"
    typed = played.ask(AskSecret(frame=FRAME, title="PIN", key=key, digits=True))
    assert isinstance(typed, Typed)
    assert router.opened(typed.sealed, "dialog/1.ask_secret.secret") == "2743"
    assert played.ask(CHOOSE) == Chosen(id="credit")
    assert played.ask(ChangeAppearance()) == Looks(picture="owl", phrase="p", colour="#2e6b4f")
    assert played.ask(SEVERAL) == Approved(digest=DIGEST, items=("b",))
    again = played.ask(Confirm(asker=ASKER, action="pay", digest=DIGEST, key=key))
    assert isinstance(again, Approved)
    assert router.opened(again.sealed, "vault.passphrase") == "again"
    assert played.ask(READ) == Approved()


def test_shown_secrets_are_kept_where_a_rule_says_and_never_told(played: Played, short_dir: Path) -> None:
    recovery = recovery_text(new_recovery_key()).reveal_text()
    kept = short_dir / "kept"
    played.play(
        {"when": {"face": "recovery"}, "answer": "approve", "keep": str(kept)},
        {"when": {"face": "reveal"}, "answer": "approve"},
        {"when": {"face": "unlock"}, "answer": "type", "secret": "hush-hush"},
    )
    assert played.ask(ShowRecovery(sealed=played.router.sealed(recovery, "vault.recovery"))) == Approved()
    assert kept.read_text() == recovery
    assert kept.stat().st_mode & 0o777 == 0o600
    sealed = played.router.sealed("Waldmeister", "dialog/1.reveal.secret")
    assert played.ask(Reveal(frame=FRAME, title="Password", sealed=sealed)) == Approved()
    played.ask(Unlock(key=played.router.key.public))
    told = played.transcript.read_text()
    for hidden in (recovery, "Waldmeister", "hush-hush", *recovery.split("-")):
        assert hidden not in told


def test_a_rule_answers_so_many_times(played: Played) -> None:
    key = played.router.key.public
    played.play(
        {"when": {"face": "unlock"}, "answer": "type", "secret": "wrong", "times": 1},
        {"when": {"face": "unlock", "wrong": True}, "answer": "type", "secret": "right"},
        {"when": {"face": "unlock"}, "answer": "use_other"},
    )
    first = played.ask(Unlock(key=key))
    assert isinstance(first, Typed)
    assert played.router.opened(first.sealed, "vault.passphrase") == "wrong"
    second = played.ask(Unlock(key=key, wrong=True))
    assert isinstance(second, Typed)
    assert played.router.opened(second.sealed, "vault.passphrase") == "right"
    assert played.ask(Unlock(key=key)) == Typed(sealed=b"", use_other=True)


def test_a_rule_that_waits_gives_way_when_the_file_changes(played: Played) -> None:
    played.play({"answer": "wait"})
    played.router.show(CONFIRM)
    _until(lambda: played.transcript.exists() and len(played.told()) == 1)
    played.play({"answer": "refuse"})
    assert played.router.answer() == Refused()


def test_a_showing_that_waits_can_be_closed(played: Played) -> None:
    played.play({"answer": "wait"})
    number = played.router.show(CONFIRM)
    played.router.close(number)
    assert played.router.error() == "cancelled"


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"answer": "approve", "remember": "forever"}, "forever"),
        ({"answer": "choose", "id": "x"}, "option"),
        ({"answer": "use_other"}, "no other secret"),
    ],
)
def test_what_a_hand_could_not_do_a_script_cannot(played: Played, rule: dict[str, object], why: str) -> None:
    played.play(rule)
    assert played.ask(CONFIRM) == Dismissed()
    assert why in str(played.told()[-1]["error"])


def test_an_unfit_secret_is_not_sent(played: Played) -> None:
    played.play({"answer": "type", "secret": "12a4"})
    request = AskSecret(frame=FRAME, title="PIN", key=played.router.key.public, digits=True)
    assert played.ask(request) == Dismissed()
    assert "Digits only" in str(played.told()[-1]["error"])


def test_the_transcript_tells_what_was_asked(played: Played) -> None:
    played.play({"answer": "approve"})
    played.ask(CONFIRM)
    shown, answered = played.told()
    assert shown["asker"] == "Thunderbird"
    assert shown["lead"] == "wants to read a password"
    assert shown["lines"] == [["Password", "Mail account"]]
    assert answered == {"event": "answered", "number": 1, "answer": "approve", "rule": 1, "remember": "once"}


@pytest.mark.parametrize("line", ["{}", '{"answer":"maybe"}', '{"answer":"approve","whenn":{}}', "nonsense", "[]"])
def test_a_line_that_is_no_rule_is_named(line: str) -> None:
    with pytest.raises(ScriptError, match="line 2"):
        read_script(f"# a comment\n{line}\n")


def test_a_script_with_a_mistake_ends_the_dialog_and_shows_no_secret(short_dir: Path) -> None:
    script = short_dir / "script"
    script.write_text('{"answer":"type","secret":"hush","new":7}\n')
    router = RouterSide("--face", "scripted", "--script", str(script))
    assert router.process.wait(60) == 1
    assert router.process.stderr is not None
    said = router.process.stderr.read().decode()
    assert "line 1" in said
    assert "hush" not in said
    with router:
        pass


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
