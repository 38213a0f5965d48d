"""The form on a terminal's face: keys in, events out.

In the *menu* each key is a command and digits choose by number; in a *field* keys are text until Enter or Escape. A
face that is all about one secret begins in its field. Fields of secrets show nothing, not even how long they are: one
that is opened is empty, and what Enter finds wrong is to be typed from its beginning.
"""

from __future__ import annotations

import secrets
from typing import Final

from etui.sealing import Secret
from etui.trusted.dialog.entries import EMPTY, Draft, entry_of, group_of, secrets_of
from etui.trusted.dialog.events import (
    Approve,
    Dismiss,
    Dress,
    Enter,
    Event,
    Include,
    Pick,
    Refuse,
    Remember,
    Share,
    StepBack,
    UseOther,
)
from etui.trusted.dialog.face import View
from etui.trusted.dialog.front import Front, by_finger
from etui.trusted.dialog.looks import MAX_PHRASE, suggested_looks
from etui.trusted.dialog.passphrases import generated
from etui.trusted.dialog.requests import (
    AskSecret,
    ChangeAppearance,
    Create,
    Looks,
    NewPassphrase,
    Unlock,
)
from etui.trusted.dialog.terminal.choices import (
    Command,
    Field,
    Kind,
    Numbered,
    choices_of,
    commands_of,
    fields_of,
    picks_looks,
)
from etui.trusted.dialog.terminal.keys import Key, Named
from etui.trusted.dialog.wording import approve_label

_MAX_TYPED: Final = 1024


class Form:
    """The choices and texts of one view; ``field`` is the one being typed, None in the menu."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.front = view.front
        self.passphrase: Secret = EMPTY
        self._texts: dict[str, str] = {}
        self._number = ""
        self.field: Field | None = None
        request = view.front.request
        if isinstance(request, Unlock | AskSecret):
            self.field = self.fields[0]
        if isinstance(request, Create | NewPassphrase):
            self.passphrase = generated(secrets.choice)

    def first_events(self) -> list[Event]:
        """What a new form tells: the looks that it suggests."""
        if isinstance(self.front.request, Create | ChangeAppearance):
            looks = self.view.looks or suggested_looks(secrets.choice)
            self._texts["phrase"] = looks.phrase
            return [Dress(looks=looks)]
        return []

    @property
    def typed(self) -> str:
        """The text of the field being typed, where it may be seen."""
        return "" if self.field is None or self.field.is_secret else self._texts.get(self.field.part, "")

    @property
    def prompts(self) -> tuple[tuple[Field, str], ...]:
        """The texts to type that the menu tells of, each with what may be shown of what stands there."""
        if isinstance(self.front.request, Unlock | AskSecret) or self.picks_looks:
            return ()
        return tuple((field, self._told(field)) for field in self.fields)

    def _told(self, field: Field) -> str:
        text = self._texts.get(field.part, "")
        if not text:
            return "not typed yet (t)"
        return "typed" if field.is_secret else text

    @property
    def enters(self) -> str:
        """What Enter does in the field being typed."""
        fields = self.fields
        if self.field is None or self.field.part == "phrase" or self.field not in fields:
            return "done"
        return "next" if self.field != fields[-1] else approve_label(self.front)

    @property
    def number(self) -> str:
        """The digits of a number that is being typed."""
        return self._number

    @property
    def picks_looks(self) -> bool:
        """Whether picture, colour and phrase are picked now."""
        return picks_looks(self.front)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The texts that the view asks for now."""
        return fields_of(self.view, self.front, has_generated=len(self.passphrase) > 0)

    @property
    def commands(self) -> tuple[Command, ...]:
        """The keys of the menu."""
        return commands_of(self.view, self.front, has_generated=len(self.passphrase) > 0)

    @property
    def choices(self) -> tuple[Numbered, ...]:
        """The numbered choices, counted through."""
        return choices_of(self.view, self.front)

    def press(self, key: Key) -> list[Event]:
        """What a key means."""
        if key is Named.INTERRUPT:
            return [Dismiss()]
        return self._press_in_menu(key) if self.field is None else self._press_in_field(self.field, key)

    def update(self, front: Front) -> None:
        """Takes the machine's word for what is chosen; another step begins in the menu."""
        if front.step is not self.front.step:
            self.field = None
            self._number = ""
        self.front = front

    def forget(self) -> None:
        """Drops everything that was typed."""
        self._texts.clear()
        self.passphrase = EMPTY
        self.field = None

    def draft(self) -> Draft:
        """What is typed, for the judge."""
        texts = {part: Secret.from_text(text) for part, text in self._texts.items() if part != "phrase"}
        new = self.passphrase if len(self.passphrase) else texts.get("new", EMPTY)
        return Draft(secret=texts.get("secret", EMPTY), new=new, repeat=texts.get("repeat", EMPTY))

    def _press_in_menu(self, key: Key) -> list[Event]:
        if isinstance(key, str) and key.isdecimal():
            self._number += key
            return self._chosen() if int(self._number) * 10 > len(self.choices) else []
        if self._number and key in {Named.ENTER, "y", "Y"}:  # a yes is to what was seen once that was chosen
            return self._chosen()
        self._number = ""
        if key is Named.ESCAPE:
            return [Dismiss()]
        if not isinstance(key, str) or key.lower() not in {command.key for command in self.commands}:
            return []
        return self._commanded(key.lower())

    def _commanded(self, key: str) -> list[Event]:
        simple: dict[str, Event] = {
            "n": Refuse(),
            "b": StepBack(),
            "r": UseOther(),
            "x": Dismiss(),
            "s": Dismiss(silence=True),
        }
        match key:
            case "y":
                return self._approve()
            case "t":
                return self._open(self.fields[0])
            case "g":
                self.passphrase = EMPTY if len(self.passphrase) else generated(secrets.choice)
                self._texts.pop("new", None)
                self._texts.pop("repeat", None)
                return [self._entered()]
            case _:
                return [simple[key]]

    def _approve(self) -> list[Event]:
        """Approves; where something is still to be typed, that comes first."""
        unfilled = [field for field in self.fields if not self._texts.get(field.part)]
        if unfilled and not self.front.entry.complete and not by_finger(self.front):
            return self._open(unfilled[0])
        return [Approve(secrets=secrets_of(self.front.request, self.draft()))]

    def _press_in_field(self, field: Field, key: Key) -> list[Event]:
        text = self._texts.get(field.part, "")
        match key:
            case Named.ENTER:
                return self._leave(field)
            case Named.ESCAPE:
                self.field = None
                return []
            case Named.BACKSPACE:
                text = text[:-1]
            case Named.CLEAR:
                text = ""
            case str():
                text = (text + key)[: MAX_PHRASE if field.part == "phrase" else _MAX_TYPED]
            case _:
                return []
        self._texts[field.part] = text
        if field.part == "phrase":
            return self._dressed(phrase=text)
        return [self._entered()]

    def _leave(self, field: Field) -> list[Event]:
        """Enter: on to the next field, or approve behind the last."""
        place = self.fields.index(field)
        if place + 1 < len(self.fields):
            return self._open(self.fields[place + 1])
        if not isinstance(self.front.request, Unlock | AskSecret):
            self.field = None
        if field.part == "phrase":
            return []
        entered, approve = self._entered(), Approve(secrets=secrets_of(self.front.request, self.draft()))
        if entered.entry.problem:
            self._drop_wrong()
        return [entered, approve]

    def _open(self, field: Field) -> list[Event]:
        """Begins a field; nobody sees what stands in a hidden one, so that it begins empty."""
        self.field = field
        if not field.is_secret or self._texts.pop(field.part, None) is None:
            return []
        return [self._entered()]

    def _drop_wrong(self) -> None:
        """Drops what nobody can mend unseen: a new passphrase with its repetition, else the one secret."""
        hidden = {field.part for field in self.fields if field.is_secret}
        for part in hidden & {"new", "repeat"} or hidden:
            self._texts.pop(part, None)

    def _entered(self) -> Enter:
        shown = self.view.shown_secret
        group = EMPTY if shown is None else group_of(shown, self.view.checked_group)
        return Enter(entry=entry_of(self.front.request, self.draft(), checked_group=group))

    def _chosen(self) -> list[Event]:  # noqa: PLR0911  a table
        number, self._number = int(self._number), ""
        choice = next((one for one in self.choices if one.number == number), None)
        if choice is None:
            return []
        match choice.kind:
            case Kind.ITEM:
                return [Include(id=choice.id, included=not choice.picked)]
            case Kind.ONE:
                return [Include(id=choice.id, included=True)]
            case Kind.OPTION:
                return [Pick(id=choice.id)]
            case Kind.REMEMBER:
                return [Remember(id=choice.id)]
            case Kind.SHARING:
                return [Share(open_session=bool(choice.id))]
            case Kind.PICTURE:
                return self._dressed(picture=choice.id)
            case Kind.COLOUR:
                return self._dressed(colour=choice.id)

    def _dressed(self, *, picture: str = "", colour: str = "", phrase: str | None = None) -> list[Event]:
        looks = self.front.looks
        if looks is None:
            return []
        return [
            Dress(
                looks=Looks(
                    picture=picture or looks.picture,
                    phrase=looks.phrase if phrase is None else phrase,
                    colour=colour or looks.colour,
                    image=b"" if picture else looks.image,
                )
            )
        ]
