"""The parts that a screen is made of, as rows: texts with their flags, who asks, fields, notes, choices."""

from __future__ import annotations

import itertools
from typing import Final

from etui.trusted.dialog.content import AskerBlock, Content, FrameBlock, Line, Note, Tone
from etui.trusted.dialog.terminal.choices import Kind, Numbered
from etui.trusted.dialog.terminal.rows import Row, Style, cells, wrapped
from etui.trusted.dialog.text import SafeText
from etui.trusted.dialog.wording import LOOK_ALIKE_WORDS, STRENGTH_WORDS

MARGIN: Final = "  "
BAR: Final = "│ "


def asker_rows(asker: AskerBlock, width: int, *, with_name: bool) -> list[Row]:
    """Who asks: how strong the evidence is and what it says, the full identity, and through whom they ask."""
    rows = text_rows(asker.name, width, Style.STRONG) if with_name else []
    rows += wrapped(f"{STRENGTH_WORDS[asker.strength]}: {asker.sentence.text}", width, indent=MARGIN)
    through = "".join(f", through {text.text}" for text in asker.through)
    return rows + wrapped(asker.principal.text + through, width, style=Style.MUTED, indent=MARGIN)


def line_rows(lines: tuple[Line, ...], width: int) -> list[Row]:
    """The fields: each in one row where it fits, else its title with its value below."""
    rows: list[Row] = []
    was_short = False
    for line in lines:
        style = Style.STRONG if line.material else Style.PLAIN
        told = f"{line.title.text}: {line.value.text}"
        is_short = "\n" not in told and cells(MARGIN + told) <= width
        if not (was_short and is_short):
            rows.append(Row(""))
        if is_short:
            rows.append(Row(MARGIN + told, style))
            rows += flag_rows(width, MARGIN, line.value)
        else:
            rows += wrapped(line.title.text, width, style=Style.MUTED, indent=MARGIN)
            rows += text_rows(line.value, width, style, indent=MARGIN + "  ")
        was_short = is_short
    return rows


def body_text_rows(content: Content, width: int) -> list[Row]:
    """Paragraphs; a text to be read has a bar before each row: nothing in it is taken for a row of the wallet's own."""
    title, text = content.body_title, content.body
    if not title.text:
        return [Row(""), *text_rows(text, width)] if text.text else []
    rows = [Row(""), *wrapped(title.text, width, style=Style.MUTED, indent=MARGIN)]
    return rows + wrapped(text.text, width, indent=MARGIN + BAR) + flag_rows(width, MARGIN, title, text)


def keeper_rows(keeper: FrameBlock, width: int) -> list[Row]:
    """The Extension that keeps what is asked for."""
    told = f"Kept by: {keeper.name.text}, published by {keeper.publisher.text} ({keeper.extension.text})"
    rows = wrapped(told, width, indent=MARGIN)
    return rows + flag_rows(width, MARGIN, keeper.name, keeper.publisher)


def choice_rows(numbered: tuple[Numbered, ...], width: int) -> list[Row]:
    """What can be picked by number, group by group."""
    rows: list[Row] = []
    for kind, group in itertools.groupby(numbered, key=lambda choice: choice.kind):
        choices = list(group)
        rows.append(Row(""))
        if kind.value:
            rows += wrapped(kind.value, width, style=Style.MUTED, indent=MARGIN)
        if kind in {Kind.PICTURE, Kind.COLOUR}:
            rows += _side_by_side([_lead(choice) + choice.label.text for choice in choices], width)
            continue
        for choice in choices:
            lead = _lead(choice)
            flag = f"  [{LOOK_ALIKE_WORDS}]" if choice.label.look_alike else ""
            rows += wrapped(choice.label.text + flag, width, indent=" " * len(lead), first=lead)
            if choice.detail.text:
                rows += wrapped(choice.detail.text, width, style=Style.MUTED, indent=" " * len(lead))
    return rows


def group_rows(groups: list[str], width: int) -> list[Row]:
    """The numbered groups of a recovery key."""
    told = [f"{MARGIN}  {number}: {group}" for number, group in enumerate(groups, start=1)]
    return [Row(row.text, Style.STRONG) for row in _side_by_side(told, width, most=4)]


def _side_by_side(told: list[str], width: int, *, most: int = 8) -> list[Row]:
    """Many short texts, as many in a row as fit, and at most so many."""
    across = max(map(cells, told)) + 1
    columns = min(most, max(1, width // across))
    lines = (told[start : start + columns] for start in range(0, len(told), columns))
    return [Row("".join(filled(one, across) for one in line).rstrip()) for line in lines]


def _lead(choice: Numbered) -> str:
    tick = ("[x]" if choice.picked else "[ ]") if choice.kind is Kind.ITEM else ("(*)" if choice.picked else "( )")
    return f"{MARGIN}{choice.number:>2} {tick} "


def text_rows(text: SafeText, width: int, style: Style = Style.PLAIN, *, indent: str = MARGIN) -> list[Row]:
    """A text of others, and a flag where its letters may deceive."""
    if not text.text:
        return []
    return wrapped(text.text, width, style=style, indent=indent) + flag_rows(width, indent, text)


def flag_rows(width: int, indent: str, *said: SafeText) -> list[Row]:
    """What is said once below texts of which the letters of one may deceive."""
    if not any(text.look_alike for text in said):
        return []
    return wrapped(LOOK_ALIKE_WORDS, width, style=Style.CAUTION, indent=indent + "  ", first=indent + "! ")


def note_rows(note: Note, width: int) -> list[Row]:
    """A sentence with a mark of who speaks in it."""
    mark, style = ("! ", Style.CAUTION) if note.tone is Tone.CAUTION else ("> ", Style.PLAIN)
    return wrapped(note.text.text, width, style=style, indent=MARGIN + "  ", first=MARGIN + mark)


def frame_rows(title: str, frame: FrameBlock, width: int) -> list[Row]:
    """An Extension's name and publisher."""
    rows = wrapped(f"{title}: {frame.name.text}", width, style=Style.STRONG, indent=MARGIN)
    rows += wrapped(f"published by {frame.publisher.text} ({frame.extension.text})", width, indent=MARGIN)
    return rows + flag_rows(width, MARGIN, frame.name, frame.publisher)


def filled(text: str, width: int) -> str:
    """A text with blanks behind it up to the width."""
    return text + " " * max(0, width - cells(text))
