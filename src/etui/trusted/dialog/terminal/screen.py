"""The terminal face as rows: a head that says whose face it is, a body that scrolls to its end, a foot with the keys.

Pure: a view and a form in, rows out. Where the screen is too low, the head and the sentence on the display scroll with
the body.
"""

from __future__ import annotations

from typing import Final

import msgspec

from etui.trusted.dialog.content import FrameBlock, Note, Tone
from etui.trusted.dialog.front import CreateStep, Hindrance, hindrances
from etui.trusted.dialog.looks import colour_name, colour_of
from etui.trusted.dialog.requests import Create, NewPassphrase, ShowRecovery
from etui.trusted.dialog.terminal.choices import Kind
from etui.trusted.dialog.terminal.form import Form
from etui.trusted.dialog.terminal.rows import LEAST_WIDTH, Row, Style, cells, wrapped
from etui.trusted.dialog.text import SafeText, single_line, whole_text
from etui.trusted.dialog.wording import (
    CREATE_STEPS,
    EXTENSION_SPEAKS_WORDS,
    GENERATED_WORDS,
    LOOK_ALIKE_WORDS,
    STRENGTH_WORDS,
    WELCOME_PROMISES,
    hint,
)

_LEAST_BODY: Final = 5
_MARGIN: Final = "  "
_UNBROKEN: Final = "\N{NO-BREAK SPACE}"
_TOO_SOON: Final = "That key came too soon. Once more, please."


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What a screen depends on beside its form: its size in cells, where it is scrolled to, and the moment.

    ``now``: seconds of the machine's clock. ``was_too_soon``: the last key asked for an approval that was not taken.
    """

    width: int
    height: int
    now: float
    offset: int = 0
    was_too_soon: bool = False


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that fill a screen; ``offset`` is the first body row shown, ``last_offset`` that of the end."""

    rows: tuple[Row, ...]
    offset: int
    last_offset: int
    page: int

    @property
    def shows_end(self) -> bool:
        """Whether the last row of the body is in sight."""
        return self.offset >= self.last_offset


def compose(form: Form, sight: Sight) -> Screen:
    """The screen as it is drawn."""
    width, height = max(sight.width, LEAST_WIDTH), sight.height
    head, body, foot = head_rows(form, width), body_rows(form, width), _foot(form, width, sight)
    display = wrapped(form.view.display.sentence, width, style=Style.MUTED, indent=_MARGIN)
    if height - len(head) - len(foot) - len(display) < _LEAST_BODY:
        head, body = [], [*head, *body, Row(""), *display]
    else:
        foot += display
    page = max(1, height - len(head) - len(foot) - 1)
    last_offset = max(0, len(body) - page)
    offset = min(max(0, sight.offset), last_offset)
    shown = body[offset : offset + page]
    filled = [*shown, *[Row("")] * (page - len(shown))]
    more = "" if offset >= last_offset else f"{_MARGIN}-- more: Space --"
    return Screen(
        rows=(*head, *filled, Row(more, Style.STRONG), *foot), offset=offset, last_offset=last_offset, page=page
    )


def head_rows(form: Form, width: int) -> list[Row]:
    """Whose face it is: the wallet's with picture, phrase and colour in words, or an Extension's."""
    view = form.view
    content = view.content
    rows = [row for warning in view.warnings for row in wrapped(warning, width, style=Style.CAUTION, indent=_MARGIN)]
    if content.frame is not None:
        rows += wrapped(EXTENSION_SPEAKS_WORDS, width, style=Style.CAUTION, indent=_MARGIN)
        rows += _frame_rows("Extension", content.frame, width)
        rows.append(Row("-" * width, Style.MUTED))
    elif view.looks is not None and not form.picks_looks:
        phrase = single_line(view.looks.phrase).text
        colour = colour_name(colour_of(view.looks))
        picture = "your picture" if view.looks.image else single_line(view.looks.picture).text
        rows += [
            Row(_filled(row.text, width), Style.BAND)
            for row in wrapped(f"Etui wallet: {picture}, {colour}: “{phrase}”", width - 2, indent=" ")
        ]
    else:
        rows.append(Row(_filled(" Etui wallet", width), Style.BAND))
    return [*rows, Row("")]


def body_rows(form: Form, width: int) -> list[Row]:
    """Everything that the face says, in the order of reading."""
    content = form.view.content
    rows = _text_rows(content.heading, width, Style.STRONG)
    rows += _text_rows(content.lead, width)
    for note in content.notes:
        if note.tone is not Tone.ADVICE:
            rows += _note_rows(note, width)
    rows += _asker_rows(form, width)
    if content.body.text:
        rows += [Row(""), *_text_rows(content.body, width)]
    for line in content.lines:
        style = Style.STRONG if line.material else Style.PLAIN
        rows += [Row(""), *wrapped(line.title.text, width, style=Style.MUTED, indent=_MARGIN)]
        rows += _text_rows(line.value, width, style, indent=_MARGIN + "  ")
    for note in content.notes:
        if note.tone is Tone.ADVICE:
            rows += [Row(""), *_note_rows(note, width)]
    if content.keeper is not None:
        rows += [Row(""), *_frame_rows("Kept by", content.keeper, width)]
    rows += _own_rows(form, width)
    rows += _choice_rows(form, width)
    while rows and not rows[-1].text:
        rows.pop()
    return rows


def _asker_rows(form: Form, width: int) -> list[Row]:
    asker = form.view.content.asker
    if asker is None:
        return []
    rows = [Row("")]
    if form.view.content.heading != asker.name:
        rows += _text_rows(asker.name, width, Style.STRONG)
    rows += wrapped(f"{STRENGTH_WORDS[asker.strength]}: {asker.sentence.text}", width, indent=_MARGIN)
    rows += wrapped(asker.principal.text, width, style=Style.MUTED, indent=_MARGIN)
    if asker.through:
        through = ", ".join(text.text for text in asker.through)
        rows += wrapped(f"through {through}", width, style=Style.MUTED, indent=_MARGIN)
    return rows


def _own_rows(form: Form, width: int) -> list[Row]:
    """What belongs to one kind of face alone: steps, a passphrase, a shown secret."""
    view, front = form.view, form.front
    rows: list[Row] = []
    makes_passphrase = isinstance(front.request, NewPassphrase)
    if isinstance(front.request, Create):
        title, text = CREATE_STEPS[front.step]
        counted = f"{front.step + 1} of {len(CREATE_STEPS)}: {title}"
        rows += [Row(""), *wrapped(counted, width, style=Style.STRONG, indent=_MARGIN)]
        rows += wrapped(text, width, indent=_MARGIN)
        if front.step is CreateStep.WELCOME:
            for _, promise in WELCOME_PROMISES:
                rows += [Row(""), *wrapped(promise, width, indent=_MARGIN + "  ", first=_MARGIN + "* ")]
        makes_passphrase = front.step is CreateStep.PASSPHRASE
    if form.picks_looks and front.looks is not None:
        rows += [Row(""), *wrapped(f"Phrase: “{single_line(front.looks.phrase).text}”", width, indent=_MARGIN)]
    if makes_passphrase and len(form.passphrase):
        rows += [Row(""), *wrapped(GENERATED_WORDS, width, indent=_MARGIN)]
        rows += [Row(""), *wrapped(form.passphrase.reveal_text(), width, style=Style.STRONG, indent=_MARGIN + "  ")]
    if view.shown_secret is not None:
        shown = whole_text(view.shown_secret.reveal().decode("utf-8", errors="replace")).text
        groups = shown.replace("-", " ") if isinstance(front.request, ShowRecovery) else shown
        rows += [Row(""), *wrapped(groups, width, style=Style.STRONG, indent=_MARGIN + "  ")]
    return rows


def _choice_rows(form: Form, width: int) -> list[Row]:
    rows: list[Row] = []
    headed: Kind | None = None
    for choice in form.choices:
        if choice.kind is not headed:
            headed = choice.kind
            rows.append(Row(""))
            if headed.value:
                rows += wrapped(headed.value, width, style=Style.MUTED, indent=_MARGIN)
        tick = ("[x]" if choice.picked else "[ ]") if choice.kind is Kind.ITEM else ("(*)" if choice.picked else "( )")
        lead = f"{_MARGIN}{choice.number:>2} {tick} "
        flag = f"  [{LOOK_ALIKE_WORDS}]" if choice.label.look_alike else ""
        rows += wrapped(choice.label.text + flag, width, indent=" " * len(lead), first=lead)
        if choice.detail.text:
            rows += wrapped(choice.detail.text, width, style=Style.MUTED, indent=" " * len(lead))
    return rows


def _foot(form: Form, width: int, sight: Sight) -> list[Row]:
    front = form.front
    rows = [Row("-" * width, Style.MUTED)]
    hindering = hindrances(front, sight.now)
    hints = [hint(front, one, sight.now) for one in hindering if one is not Hindrance.INCOMPLETE or front.entry.problem]
    said = next(filter(None, hints), _TOO_SOON if sight.was_too_soon else "")
    if said:
        rows += wrapped(said, width, style=Style.CAUTION, indent=_MARGIN)
    if form.field is None:
        keys = [f"{command.key} {command.label}" for command in form.commands]
        if form.choices:
            keys.append("number: choose")
        kept = "   ".join(key.replace(" ", _UNBROKEN) for key in keys)
        rows += [
            Row(_MARGIN + row.text.strip(" ").replace(_UNBROKEN, " "), row.style)
            for row in wrapped(kept, width, style=Style.STRONG, indent=_MARGIN)
        ]
        if form.number:
            rows.append(Row(f"{_MARGIN}number {form.number}_"))
    else:
        unseen = " (nothing is shown while you type)" if form.field.is_secret else ""
        rows += wrapped(f"{form.field.label}{unseen}: {form.typed}_", width, style=Style.STRONG, indent=_MARGIN)
        rows += wrapped("Enter: done   Escape: other keys", width, style=Style.MUTED, indent=_MARGIN)
    return rows


def _text_rows(text: SafeText, width: int, style: Style = Style.PLAIN, *, indent: str = _MARGIN) -> list[Row]:
    if not text.text:
        return []
    rows = wrapped(text.text, width, style=style, indent=indent)
    if text.look_alike:
        rows += wrapped(LOOK_ALIKE_WORDS, width, style=Style.CAUTION, indent=indent + "! ")
    return rows


def _note_rows(note: Note, width: int) -> list[Row]:
    mark, style = ("! ", Style.CAUTION) if note.tone is Tone.CAUTION else ("> ", Style.PLAIN)
    return wrapped(note.text.text, width, style=style, indent=_MARGIN + "  ", first=_MARGIN + mark)


def _frame_rows(title: str, frame: FrameBlock, width: int) -> list[Row]:
    rows = wrapped(f"{title}: {frame.name.text}", width, style=Style.STRONG, indent=_MARGIN)
    rows += wrapped(f"published by {frame.publisher.text} ({frame.extension.text})", width, indent=_MARGIN)
    if frame.name.look_alike or frame.publisher.look_alike:
        rows += wrapped(LOOK_ALIKE_WORDS, width, style=Style.CAUTION, indent=_MARGIN + "! ")
    return rows


def _filled(text: str, width: int) -> str:
    return text + " " * max(0, width - cells(text))
