"""What a face says: one value that every face draws from, made from the request alone.

Every text of others passes ``etui.trusted.dialog.text`` on its way in; the wallet's own words stand here and in
``wording``. A face adds no words of its own but those of its keys and steps.

A face is the wallet's own (picture, phrase, colour) unless an Extension speaks: Choose, AskSecret, Reveal, ReadText and
a Message with a frame stand in that frame. Consent is always the wallet's own question; the Extension that keeps the
item is named in it.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from etui.trusted.dialog.requests import (
    Asker,
    Choice,
    Confirm,
    Effect,
    Frame,
    RememberChoice,
    Request,
    ShownField,
    Strength,
)
from etui.trusted.dialog.text import SafeText, runs_both_ways, single_line, whole_text
from etui.trusted.dialog.wording import BOTH_WAYS_WORDS, Words, words_of


class Tone(Enum):
    """Who speaks in a note: the wallet, the wallet warning, or somebody who advises."""

    PLAIN = "plain"
    CAUTION = "caution"
    ADVICE = "advice"


class Note(msgspec.Struct, frozen=True):
    """A sentence beside what is asked."""

    text: SafeText
    tone: Tone = Tone.PLAIN


class Line(msgspec.Struct, frozen=True):
    """One field: its title, its whole value, and whether it is material."""

    title: SafeText
    value: SafeText
    material: bool = False


class Option(msgspec.Struct, frozen=True):
    """One thing to choose or tick; ``id`` is never shown."""

    id: str
    label: SafeText
    detail: SafeText = SafeText("")


class AskerBlock(msgspec.Struct, frozen=True):
    """Who asks, in the words that are shown."""

    name: SafeText
    principal: SafeText
    strength: Strength
    sentence: SafeText
    through: tuple[SafeText, ...] = ()


class FrameBlock(msgspec.Struct, frozen=True):
    """An Extension's name, publisher and logo."""

    name: SafeText
    publisher: SafeText
    extension: SafeText
    logo: bytes = b""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a face shows of a request.

    ``frame``: the Extension in whose frame the face stands; without one it is the wallet's own. ``keeper``: the
    Extension that an own face names. ``one``: the user chooses one of ``items`` and ticks none. ``body``: paragraphs;
    with a ``body_title`` it is a text to be read, apart from all that the wallet says. ``only_remembered``: for how
    long, where there is one answer and it is worth saying: what is widened stays so until it is taken back.
    """

    face: str
    words: Words
    heading: SafeText
    lead: SafeText = SafeText("")
    frame: FrameBlock | None = None
    keeper: FrameBlock | None = None
    asker: AskerBlock | None = None
    body_title: SafeText = SafeText("")
    body: SafeText = SafeText("")
    lines: tuple[Line, ...] = ()
    items: tuple[Option, ...] = ()
    one: bool = False
    options: tuple[Option, ...] = ()
    remember: tuple[Option, ...] = ()
    notes: tuple[Note, ...] = ()
    only_remembered: SafeText = SafeText("")

    @property
    def remember_choices(self) -> tuple[Option, ...]:
        """The answers to "for how long?" that are put to the choice: one alone is said, not chosen."""
        return self.remember if len(self.remember) > 1 else ()

    @property
    def own(self) -> bool:
        """Whether the face bears picture, phrase and colour."""
        return self.frame is None


def content_of(request: Request) -> Content:
    """What the face of this request says."""
    words = words_of(request)
    asker: Asker | None = getattr(request, "asker", None)
    frame: Frame | None = getattr(request, "frame", None)
    content = Content(
        face=str(type(request).__struct_config__.tag),
        words=words,
        heading=single_line(words.heading or getattr(request, "title", "")),
        lead=whole_text(words.lead),
        frame=None if frame is None or isinstance(request, Confirm) else _frame(frame),
        asker=None if asker is None else _asker(asker),
        body=whole_text(getattr(request, "text", "")),
        options=tuple(map(_option, getattr(request, "options", ()))),
        notes=_notes(request, words),
    )
    if isinstance(request, Confirm):
        reading = request.reading
        return msgspec.structs.replace(
            content,
            body_title=SafeText("") if reading is None else single_line(reading.title),
            body=SafeText("") if reading is None else whole_text(reading.value),
            heading=single_line(request.asker.name),
            lead=single_line(f"wants to {request.action}"),
            keeper=None if frame is None else _frame(frame),
            lines=tuple(map(_line, request.fields)),
            items=tuple(map(_option, request.items)),
            one=request.one,
            remember=tuple(map(_option, request.remember)),
            only_remembered=_only_remembered(request),
        )
    return content


def _notes(request: Request, words: Words) -> tuple[Note, ...]:
    cautions = [Note(SafeText(caution), Tone.CAUTION) for caution in words.cautions]
    if isinstance(request, Confirm) and request.reading is not None and runs_both_ways(request.reading.value):
        cautions.append(Note(SafeText(BOTH_WAYS_WORDS), Tone.CAUTION))
    advice = [Note(whole_text(text), Tone.ADVICE) for text in request.advice] if isinstance(request, Confirm) else []
    return (*cautions, *advice)


def _option(choice: Choice | RememberChoice) -> Option:
    detail = choice.detail if isinstance(choice, Choice) else ""
    return Option(choice.id, single_line(choice.label), whole_text(detail))


def _only_remembered(request: Confirm) -> SafeText:
    if len(request.remember) != 1 or request.effect is not Effect.PASSES:
        return SafeText("")
    return single_line(request.remember[0].label)


def _line(field: ShownField) -> Line:
    return Line(single_line(field.title), whole_text(field.value), field.material)


def _asker(asker: Asker) -> AskerBlock:
    return AskerBlock(
        single_line(asker.name),
        single_line(asker.principal),
        asker.strength,
        single_line(asker.sentence),
        tuple(map(single_line, asker.through)),
    )


def _frame(frame: Frame) -> FrameBlock:
    return FrameBlock(single_line(frame.name), single_line(frame.publisher), single_line(frame.extension), frame.logo)
