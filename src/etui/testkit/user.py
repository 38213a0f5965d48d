"""The user of a test: rules by which the scripted dialog answers, and a record of what it was shown.

The file of rules is JSON lines; the first rule whose ``when`` fits answers. A showing that no rule fits is dismissed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

PASSPHRASE = "correct horse battery staple"  # noqa: S105  # of test wallets alone
OVERSEE = "see what lies in the wallet and what was done with it"
"""What `etui find`, `etui audit` and their like ask for."""


class ScriptedUser:
    """Writes the rules, newest first, so that a later one takes precedence."""

    def __init__(self, script: Path, transcript: Path) -> None:
        self.script = script
        self.transcript = transcript
        self._rules: list[dict[str, Any]] = [
            {"when": {"face": "create"}, "answer": "create", "passphrase": PASSPHRASE},
            {"when": {"face": "recovery"}, "answer": "approve", "keep": str(script.with_name("recovery"))},
            {"when": {"face": "unlock"}, "answer": "type", "secret": PASSPHRASE},
            {"when": {"face": "confirm", "action_contains": OVERSEE}, "answer": "approve"},
        ]
        self._preset = len(self._rules)
        self._write()

    def rule(self, answer: str, *, when: dict[str, Any], **members: Any) -> None:  # noqa: ANN401  # JSON
        """Adds a rule before all others."""
        self._rules.insert(0, {"when": when, "answer": answer, **members})
        self._write()

    def approves(self, *, remember: str = "once", face: str = "confirm", times: int = 0, **when: Any) -> None:  # noqa: ANN401
        """Says yes to questions that fit."""
        kept = {"remember": remember} if face == "confirm" else {}
        self.rule("approve", when={"face": face, **when}, times=times, **kept)

    def refuses(self, *, times: int = 0, **when: Any) -> None:  # noqa: ANN401  # JSON
        """Says no to questions that fit."""
        self.rule("refuse", when={"face": "confirm", **when}, times=times)

    def dismisses(self, *, face: str = "confirm", **when: Any) -> None:  # noqa: ANN401  # JSON
        """Closes what fits."""
        self.rule("dismiss", when={"face": face, **when})

    def waits(self, *, face: str = "confirm", **when: Any) -> None:  # noqa: ANN401  # JSON
        """Leaves what fits open."""
        self.rule("wait", when={"face": face, **when})

    def forgets(self) -> None:
        """Drops every rule but the preset ones: those that make and unlock the wallet, and let the test look at it."""
        del self._rules[: -self._preset]
        self._write()

    def shown(self) -> list[dict[str, Any]]:
        """What the dialog has shown so far, in order, without secrets."""
        try:
            text = self.transcript.read_bytes()
        except FileNotFoundError:
            return []
        return [msgspec.json.decode(line) for line in text.splitlines() if line]

    def asked(self) -> list[dict[str, Any]]:
        """The questions among what was shown, but for those whether the test may look at the wallet."""
        questions = [entry for entry in self.shown() if entry.get("face") == "confirm"]
        return [entry for entry in questions if OVERSEE not in f"{entry.get('heading')} {entry.get('lead')}"]

    @property
    def recovery_key(self) -> str:
        """The recovery key that was shown when the wallet was made."""
        return self.script.with_name("recovery").read_text(encoding="utf-8").strip()

    def _write(self) -> None:
        new = self.script.with_suffix(".new")
        new.write_bytes(b"".join(msgspec.json.encode(rule) + b"\n" for rule in self._rules))
        new.chmod(0o600)
        new.replace(self.script)
