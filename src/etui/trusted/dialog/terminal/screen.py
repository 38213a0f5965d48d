"""The terminal face as rows: a head that says whose face it is, a body that scrolls to its end, a foot with the keys.

Pure: a view and a form in, rows out. Where the screen is too low, the head and the sentence on the display scroll with
the body, but for the caption of an Extension's frame: that no wallet speaks there is in sight at any size, wherever the
face is scrolled to.
"""

from __future__ import annotations

from typing import Final

import msgspec

from etui.trusted.dialog.content import Tone
from etui.trusted.dialog.front import CreateStep, Hindrance, hindrances
from etui.trusted.dialog.looks import colour_name, colour_of
from etui.trusted.dialog.requests import Create, NewPassphrase, ShowRecovery
from etui.trusted.dialog.terminal.form import Form
from etui.trusted.dialog.terminal.parts import (
    MARGIN,
    asker_rows,
    body_text_rows,
    choice_rows,
    filled,
    flag_rows,
    frame_rows,
    group_rows,
    keeper_rows,
    line_rows,
    note_rows,
)
from etui.trusted.dialog.terminal.rows import LEAST_WIDTH, Row, Style, wrapped
from etui.trusted.dialog.text import single_line, whole_text
from etui.trusted.dialog.wording import (
    CREATE_STEPS,
    EXTENSION_SPEAKS_WORDS,
    GENERATED_WORDS,
    REMEMBER_WORDS,
    WELCOME_PROMISES,
    finger_words,
    hint,
)

_LEAST_BODY: Final = 5
_UNBROKEN: Final = "\N{NO-BREAK SPACE}"


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
    caption, head = caption_rows(form, width), head_rows(form, width)
    body, foot = body_rows(form, width), _foot(form, width, sight)
    display = wrapped(form.view.display.sentence, width, style=Style.MUTED, indent=MARGIN)
    if height - len(caption) - len(head) - len(foot) - len(display) < _LEAST_BODY:
        head, body = caption, [*head, *body, Row(""), *display]
    else:
        head, foot = [*caption, *head], [*foot, *display]
    page = max(1, height - len(head) - len(foot) - 1)
    last_offset = max(0, len(body) - page)
    offset = min(max(0, sight.offset), last_offset)
    shown = body[offset : offset + page]
    shown += [Row("")] * (page - len(shown))
    more = "" if offset >= last_offset else f"{MARGIN}-- more: Space --"
    return Screen(
        rows=(*head, *shown, Row(more, Style.STRONG), *foot), offset=offset, last_offset=last_offset, page=page
    )


def caption_rows(form: Form, width: int) -> list[Row]:
    """That an Extension speaks, where one does."""
    if form.view.content.frame is None:
        return []
    return wrapped(EXTENSION_SPEAKS_WORDS, width, style=Style.CAUTION, indent=MARGIN)


def head_rows(form: Form, width: int) -> list[Row]:
    """Whose face it is: the wallet's with picture, phrase and colour in words, or an Extension's."""
    view = form.view
    content = view.content
    rows = [row for warning in view.warnings for row in wrapped(warning, width, style=Style.CAUTION, indent=MARGIN)]
    if content.frame is not None:
        rows += frame_rows("Extension", content.frame, width)
        rows.append(Row("-" * width, Style.MUTED))
    elif view.looks is not None and not form.picks_looks:
        phrase = single_line(view.looks.phrase).text
        colour = colour_name(colour_of(view.looks))
        picture = "your picture" if view.looks.image else single_line(view.looks.picture).text
        rows += [
            Row(filled(row.text, width), Style.BAND)
            for row in wrapped(f"Etui wallet · {picture} · {colour} · “{phrase}”", width - 2, indent=" ")
        ]
    else:
        rows.append(Row(filled(" Etui wallet", width), Style.BAND))
    return [*rows, Row("")]


def body_rows(form: Form, width: int) -> list[Row]:
    """Everything that the face says, in the order of reading."""
    content = form.view.content
    rows = wrapped(content.heading.text, width, style=Style.STRONG, indent=MARGIN)
    if content.lead.text:
        rows += wrapped(content.lead.text, width, indent=MARGIN)
    rows += flag_rows(width, MARGIN, content.heading, content.lead)
    for note in content.notes:
        if note.tone is not Tone.ADVICE:
            rows += note_rows(note, width)
    if content.asker is not None:
        with_name = content.heading != content.asker.name
        rows += [Row(""), *asker_rows(content.asker, width, with_name=with_name)]
    rows += line_rows(content.lines, width) + body_text_rows(content, width)
    for note in content.notes:
        if note.tone is Tone.ADVICE:
            rows += [Row(""), *note_rows(note, width)]
    if content.keeper is not None:
        rows += [Row(""), *keeper_rows(content.keeper, width)]
    rows += _own_rows(form, width)
    rows += choice_rows(form.choices, width) + _prompt_rows(form, width)
    while rows and not rows[-1].text:
        rows.pop()
    return rows


def _own_rows(form: Form, width: int) -> list[Row]:
    """What belongs to one kind of face alone: steps, a passphrase, a shown secret."""
    view, front = form.view, form.front
    rows: list[Row] = []
    makes_passphrase = isinstance(front.request, NewPassphrase)
    if isinstance(front.request, Create):
        title, text = CREATE_STEPS[front.step]
        counted = f"{front.step + 1} of {len(CREATE_STEPS)}: {title}"
        rows += [Row(""), *wrapped(counted, width, style=Style.STRONG, indent=MARGIN)]
        rows += wrapped(text, width, indent=MARGIN)
        if front.step is CreateStep.WELCOME:
            for _, promise in WELCOME_PROMISES:
                rows += [Row(""), *wrapped(promise, width, indent=MARGIN + "  ", first=MARGIN + "* ")]
        makes_passphrase = front.step is CreateStep.PASSPHRASE
    if form.picks_looks and front.looks is not None:
        rows += [Row(""), *wrapped(f"Phrase: “{single_line(front.looks.phrase).text}”", width, indent=MARGIN)]
    if makes_passphrase and len(form.passphrase):
        rows += [Row(""), *wrapped(GENERATED_WORDS, width, indent=MARGIN)]
        rows += [Row(""), *wrapped(form.passphrase.reveal_text(), width, style=Style.STRONG, indent=MARGIN + "  ")]
    if view.shown_secret is not None:
        shown = whole_text(view.shown_secret.reveal().decode("utf-8", errors="replace")).text
        if isinstance(front.request, ShowRecovery):
            rows += [Row(""), *group_rows(shown.split("-"), width)]
        else:
            rows += [Row(""), *wrapped(shown, width, style=Style.STRONG, indent=MARGIN + "  ")]
    return rows


def _prompt_rows(form: Form, width: int) -> list[Row]:
    """For how long where nothing is to be chosen, and what is still to be typed."""
    only = form.view.content.only_remembered.text
    told = [f"{REMEMBER_WORDS}: {only}"] if only else []
    told += [f"{field.label}: {state}" for field, state in form.prompts]
    told += filter(None, [finger_words(form.front)])
    rows = [row for line in told for row in wrapped(line, width, indent=MARGIN)]
    return [Row(""), *rows] if rows else []


def _foot(form: Form, width: int, sight: Sight) -> list[Row]:
    front = form.front
    rows = [Row("-" * width, Style.MUTED)]
    hindering = hindrances(front, sight.now)
    hints = [hint(front, one, sight.now) for one in hindering if one is not Hindrance.INCOMPLETE or front.entry.problem]
    again = "y" if form.field is None else "Enter"
    said = next(filter(None, hints), f"That key came too soon. Now press {again}." if sight.was_too_soon else "")
    if said:
        rows += wrapped(said, width, style=Style.CAUTION, indent=MARGIN)
    if form.field is None:
        keys = [f"{command.key} {command.label}" for command in form.commands]
        if form.choices:
            keys.append("1 choose" if len(form.choices) == 1 else f"1-{len(form.choices)} choose")
        kept = "   ".join(key.replace(" ", _UNBROKEN) for key in keys)
        rows += [
            Row(MARGIN + row.text.strip(" ").replace(_UNBROKEN, " "), row.style)
            for row in wrapped(kept, width, style=Style.STRONG, indent=MARGIN)
        ]
        if form.number:
            rows += wrapped(f"number {form.number}_   Enter: choose it", width, style=Style.MUTED, indent=MARGIN)
    else:
        unseen = " (nothing is shown while you type)" if form.field.is_secret else ""
        rows += wrapped(f"{form.field.label}{unseen}: {form.typed}_", width, style=Style.STRONG, indent=MARGIN)
        rows += wrapped(
            f"Enter: {form.enters}   Ctrl-U: begin anew   Escape: other keys", width, style=Style.MUTED, indent=MARGIN
        )
    return rows
