"""What a view offers on a terminal: its numbered choices, its fields and the keys of its menu."""

from __future__ import annotations

from enum import Enum

import msgspec

from etui.trusted.dialog.face import View
from etui.trusted.dialog.front import CreateStep, Front, takes_secret
from etui.trusted.dialog.looks import COLOURS, PICTURES
from etui.trusted.dialog.requests import (
    AskSecret,
    ChangeAppearance,
    Confirm,
    Create,
    NewLogin,
    NewPassphrase,
    NewPin,
    ShowRecovery,
    Unlock,
)
from etui.trusted.dialog.text import SafeText
from etui.trusted.dialog.wording import (
    LOGIN_WORDS,
    REMEMBER_WORDS,
    REPEAT_LOGIN_WORDS,
    REPEAT_OWN_WORDS,
    REPEAT_PIN_WORDS,
    REPEAT_WORDS,
    SHARING_WORDS,
    SILENCE_WORDS,
    WHICH_ONE_WORDS,
    WHICH_WORDS,
    approve_label,
    confirming_words,
    new_pin_words,
    other_words,
    unlocking_words,
)


class Kind(Enum):
    """What a numbered choice stands for; the value heads its group."""

    ITEM = WHICH_WORDS
    ONE = WHICH_ONE_WORDS
    OPTION = ""
    REMEMBER = REMEMBER_WORDS
    PICTURE = "Picture"
    COLOUR = "Colour"
    SHARING = "Programs of this session"


class Numbered(msgspec.Struct, frozen=True):
    """One choice with the number that picks it."""

    number: int
    kind: Kind
    id: str
    label: SafeText
    detail: SafeText
    picked: bool


class Field(msgspec.Struct, frozen=True):
    """One text to type; ``part`` is its member of ``Draft``, or ``phrase``."""

    part: str
    label: str
    is_secret: bool = True


class Command(msgspec.Struct, frozen=True):
    """One key of the menu."""

    key: str
    label: str


def picks_looks(front: Front) -> bool:
    """Whether picture, colour and phrase are picked now."""
    request = front.request
    return isinstance(request, ChangeAppearance) or (isinstance(request, Create) and front.step is CreateStep.LOOKS)


def fields_of(view: View, front: Front, *, has_generated: bool) -> tuple[Field, ...]:  # noqa: PLR0911  a table
    """The texts that the view asks for now."""
    request = front.request
    repeat = Field("repeat", REPEAT_WORDS if has_generated else REPEAT_OWN_WORDS)
    new = () if has_generated else (Field("new", "New passphrase"),)
    match request:
        case Unlock(recovery=True):
            return (Field("secret", "Recovery key", is_secret=False),)
        case Unlock():
            return (Field("secret", unlocking_words(request)),)
        case AskSecret(digits=digits):
            return (Field("secret", "PIN" if digits else "Secret"),)
        case Confirm() if takes_secret(request):
            return (Field("secret", confirming_words(request)),)
        case ShowRecovery():
            return (Field("secret", f"Type group {view.checked_group} as you wrote it", is_secret=False),)
        case NewPassphrase():
            present = () if request.recovered else (Field("secret", "Present passphrase"),)
            return (*present, *new, repeat)
        case NewPin():
            return (
                Field("secret", "Passphrase"),
                Field("new", new_pin_words(request)),
                Field("repeat", REPEAT_PIN_WORDS),
            )
        case NewLogin():
            return (Field("secret", "Passphrase"), Field("new", LOGIN_WORDS), Field("repeat", REPEAT_LOGIN_WORDS))
        case Create() if front.step is CreateStep.PASSPHRASE:
            return (*new, repeat)
        case _:
            return (Field("phrase", "Phrase", is_secret=False),) if picks_looks(front) else ()


def commands_of(view: View, front: Front, *, has_generated: bool) -> tuple[Command, ...]:
    """The keys of the menu."""
    words = view.content.words
    request = front.request
    commands = [Command("y", approve_label(front))]
    if words.refuse:
        commands.append(Command("n", words.refuse))
    if fields_of(view, front, has_generated=has_generated):
        commands.append(Command("t", "Type"))
    if isinstance(request, NewPassphrase) or (isinstance(request, Create) and front.step is CreateStep.PASSPHRASE):
        commands.append(Command("g", "Type my own" if has_generated else "Six generated words"))
    if isinstance(request, Create) and front.step is not CreateStep.WELCOME:
        commands.append(Command("b", "Back"))
    if other := other_words(request):
        commands.append(Command("r", other))
    if words.dismiss:
        commands.append(Command("x", words.dismiss))
    if words.dismiss and (view.content.asker is not None or view.content.frame is not None):
        commands.append(Command("s", SILENCE_WORDS))
    return tuple(commands)


def choices_of(view: View, front: Front) -> tuple[Numbered, ...]:
    """The numbered choices, counted through."""
    found: list[tuple[Kind, str, SafeText, SafeText, bool]] = []
    content = view.content
    of_items = Kind.ONE if content.one else Kind.ITEM
    found += [(of_items, one.id, one.label, one.detail, one.id in front.items) for one in content.items]
    found += [(Kind.OPTION, one.id, one.label, one.detail, one.id == front.chosen) for one in content.options]
    found += [
        (Kind.REMEMBER, one.id, one.label, one.detail, one.id == front.remember) for one in content.remember_choices
    ]
    found += _own_choices(front)
    return tuple(Numbered(number, *one) for number, one in enumerate(found, start=1))


def _own_choices(front: Front) -> list[tuple[Kind, str, SafeText, SafeText, bool]]:
    looks, nothing = front.looks, SafeText("")
    if isinstance(front.request, Create) and front.step is CreateStep.SHARING:
        return [
            (Kind.SHARING, "open" if is_open else "", SafeText(label), SafeText(text), front.open_session == is_open)
            for is_open, (label, text) in SHARING_WORDS.items()
        ]
    if picks_looks(front):
        picture, colour = ("", "") if looks is None else (looks.picture, looks.colour)
        pictures = [(Kind.PICTURE, name, SafeText(name), nothing, name == picture) for name in PICTURES]
        colours = [(Kind.COLOUR, code, SafeText(name), nothing, code == colour) for code, name in COLOURS.items()]
        return pictures + colours
    return []
