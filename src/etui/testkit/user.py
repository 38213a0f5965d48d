"""The user of a test: rules by which the scripted dialog answers, and a record of what it was shown.

The file of rules is JSON lines; the first rule whose ``when`` fits answers. A showing that no rule fits is dismissed.
A rule fits where every member of its ``when`` does; these are keyword arguments of ``ScriptedUser``'s methods too:

- ``face``: what is shown: ``create``, ``recovery``, ``unlock``, ``new_passphrase``, ``new_pin``, ``new_login``,
  ``confirm`` (a question), ``choose``, ``ask_secret``, ``reveal``, ``read_text``, ``message``, ``appearance``
- ``name_contains``, ``principal_contains``: a part of the name, or of the identity, of who asks
- ``action_contains``: a part of what finishes "wants to …"
- ``text_contains``: a part of any text that is shown, titles and values of fields included
- ``extension``: the id of the Extension that shows it, or that keeps the item in question
- ``wrong``: whether the try before, at the passphrase, was wrong
- ``recovery``: whether the recovery key is asked for instead of the passphrase
- ``pin``: whether the PIN is asked for instead of the passphrase
- ``finger``: whether a finger may stand for it
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
        """Adds a rule before all others.

        ``answer``: ``approve``, ``refuse``, ``dismiss``, ``wait``, ``type``, ``use_other``, ``choose``, ``create``
        or ``looks``. ``members``: what goes with it, as ``secret`` with ``type`` or ``label_contains`` with ``choose``;
        and ``times``, after which the rule fits no more.
        """
        self._rules.insert(0, {"when": when, "answer": answer, **members})
        self._write()

    def approves(self, *, remember: str = "once", face: str = "confirm", times: int = 0, **when: Any) -> None:  # noqa: ANN401
        """Says yes to questions that fit; with ``face``, agrees to what is shown there.

        ``remember``: the id of how long the yes lasts, ``once`` or one that the dialog offers. ``times``: how often,
        always where it is 0.
        """
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
