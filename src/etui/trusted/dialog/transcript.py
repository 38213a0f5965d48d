"""What a scripted dialog was asked and what its script answered: JSON lines, no secrets.

Each showing writes ``{"event":"shown", ...}`` when it comes to the front and ``{"event":"answered", ...}`` when it is
answered; ``error`` says why a rule could not do what it says. ``{"event":"finger", ...}`` says how it stands with a
finger.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from etui.trusted.dialog.content import Content


class ShownEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event", tag="shown"):
    """A showing as it stood in front; ``lines``: title and value of each field."""

    number: int
    face: str
    heading: str
    lead: str = ""
    body: str = ""
    asker: str = ""
    principal: str = ""
    strength: str = ""
    sentence: str = ""
    through: tuple[str, ...] = ()
    extension: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    items: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    remember: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    look_alikes: tuple[str, ...] = ()


class AnsweredEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event", tag="answered"):
    """What was answered, by which rule (from 1; 0 where none fitted), with which choices."""

    number: int
    answer: str
    rule: int = 0
    remember: str = ""
    items: tuple[str, ...] = ()
    chosen: str = ""
    error: str = ""


class FingerEntry(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="finger"):
    """What the face has said of the finger since."""

    number: int
    told: str


def shown_entry(number: int, content: Content) -> ShownEntry:
    """The entry for a content that came to the front."""
    asker = content.asker
    frame = content.frame or content.keeper
    texts = [content.heading, content.lead, content.body, *(line.value for line in content.lines)]
    texts += [option.label for option in (*content.items, *content.options)]
    return ShownEntry(
        number=number,
        face=content.face,
        heading=content.heading.text,
        lead=content.lead.text,
        body=content.body.text,
        asker="" if asker is None else asker.name.text,
        principal="" if asker is None else asker.principal.text,
        strength="" if asker is None else asker.strength.value,
        sentence="" if asker is None else asker.sentence.text,
        through=() if asker is None else tuple(text.text for text in asker.through),
        extension="" if frame is None else frame.extension.text,
        lines=tuple((line.title.text, line.value.text) for line in content.lines),
        items=tuple((option.id, option.label.text) for option in content.items),
        options=tuple((option.id, option.label.text) for option in content.options),
        remember=tuple((option.id, option.label.text) for option in content.remember),
        notes=tuple(note.text.text for note in content.notes),
        look_alikes=tuple(text.text for text in texts if text.look_alike),
    )


class Transcript:
    """Appends entries to a file (mode 0600), each with one write; without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def append(self, entry: ShownEntry | AnsweredEntry | FingerEntry) -> None:
        """Writes one line."""
        if self._path is None:
            return
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, msgspec.json.encode(entry) + b"\n")
        finally:
            os.close(descriptor)
