"""The body of the window: what a view says from top to bottom, and the controls to answer it."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from etui.trusted.dialog.content import Option, Tone
from etui.trusted.dialog.entries import EMPTY, Draft, entry_of, group_of
from etui.trusted.dialog.events import Dress, Enter, Include, Pick, Remember, Share, UseOther
from etui.trusted.dialog.face import Report, View
from etui.trusted.dialog.front import CreateStep, Front, takes_secret
from etui.trusted.dialog.looks import suggested_looks
from etui.trusted.dialog.qt.choice_list import ChoiceRow, choice_list
from etui.trusted.dialog.qt.head import extension_block
from etui.trusted.dialog.qt.labelled_field import LabelledField
from etui.trusted.dialog.qt.looks_picker import LooksPicker
from etui.trusted.dialog.qt.parts import (
    SMALL,
    Kit,
    Pages,
    add,
    asker_block,
    body_text,
    column,
    flags,
    lines_card,
    note_block,
    quiet_button,
)
from etui.trusted.dialog.qt.passphrase_maker import PassphraseMaker
from etui.trusted.dialog.qt.picture import PictureTile
from etui.trusted.dialog.qt.shown_secret import shown_secret
from etui.trusted.dialog.qt.text_block import TextBlock
from etui.trusted.dialog.qt.theme import bar_width, sized
from etui.trusted.dialog.qt.twice_typed import TwiceTyped
from etui.trusted.dialog.qt.typed_field import TypedField
from etui.trusted.dialog.requests import (
    AskSecret,
    ChangeAppearance,
    Confirm,
    Create,
    Looks,
    NewLogin,
    NewPassphrase,
    NewPin,
    ShowRecovery,
    Unlock,
)
from etui.trusted.dialog.text import SafeText
from etui.trusted.dialog.wording import (
    CREATE_STEPS,
    LOGIN_WORDS,
    REMEMBER_WORDS,
    REPEAT_LOGIN_WORDS,
    REPEAT_PIN_WORDS,
    SHARING_WORDS,
    WELCOME_PROMISES,
    WHICH_ONE_WORDS,
    WHICH_WORDS,
    confirming_words,
    finger_words,
    new_pin_words,
    other_words,
    unlocking_words,
)

_SHORT_HEADING = 60


class Body(QWidget):
    """Draws one view; ``entered`` is called when Enter ends the last field."""

    def __init__(self, kit: Kit, view: View, report: Report, entered: Callable[[], None]) -> None:
        super().__init__()
        self._kit = kit
        self._view = view
        self._report = report
        self._entered = entered
        self._secret: TypedField | None = None
        self.maker: PassphraseMaker | TwiceTyped | None = None
        self._picker: LooksPicker | None = None
        self._steps: Pages | None = None
        self._updates: list[Callable[[Front], None]] = []
        self._layout = QVBoxLayout(self)
        right = kit.margin - bar_width(kit.unit)  # the scroll bar stands in the margin
        self._layout.setContentsMargins(kit.margin, kit.unit, right, kit.unit * 3 // 4)
        self._layout.setSpacing(kit.unit * 3 // 4)
        self._build()
        self._layout.addStretch()
        self.update_front(view.front)

    @property
    def first_field(self) -> TypedField | None:
        """Where typing begins, where there is something to type now."""
        if self.maker is not None and (self._steps is None or self._steps.current == CreateStep.PASSPHRASE):
            return self._secret or self.maker.first_field
        if self._steps is not None:
            return None
        return self._secret

    def height_for(self, width: int) -> int:
        """The height that the highest of its pages takes at this width."""
        if self._steps is None:
            return max(self.heightForWidth(width), self.minimumSizeHint().height())
        shown, heights = self._steps.current, []
        for step in CreateStep:
            self._steps.turn_to(step)
            heights.append(max(self.heightForWidth(width), self.minimumSizeHint().height()))
        self._steps.turn_to(shown)
        return max(heights)

    def draft(self) -> Draft:
        """What is typed."""
        maker = self.maker
        return Draft(
            secret=EMPTY if self._secret is None else self._secret.secret,
            new=EMPTY if maker is None else maker.chosen,
            repeat=EMPTY if maker is None else maker.repeat.secret,
        )

    def forget(self) -> None:
        """Drops what was typed."""
        if self._secret is not None:
            self._secret.clear()
        if self.maker is not None:
            self.maker.forget()

    def update_front(self, front: Front) -> None:
        """Shows what the machine says is chosen."""
        for update in self._updates:
            update(front)

    def tell(self) -> None:
        """Tells whether what is typed is enough."""
        shown = self._view.shown_secret
        group = EMPTY if shown is None else group_of(shown, self._view.checked_group)
        self._report(Enter(entry=entry_of(self._view.front.request, self.draft(), checked_group=group)))

    def _build(self) -> None:
        kit, content, layout = self._kit, self._view.content, self._layout
        if isinstance(self._view.front.request, Create):
            layout.addWidget(self._create_steps())
            return
        heading, inner = column(kit.unit // 3)
        scale = 1.5 if len(content.heading.text) <= _SHORT_HEADING else 1.15
        inner.addWidget(TextBlock(content.heading.text, sized(kit.font, scale, weight=QFont.Weight.DemiBold)))
        lead = sized(kit.font, 1.15) if isinstance(self._view.front.request, Confirm) else kit.font
        if content.lead.text:
            inner.addWidget(TextBlock(content.lead.text, lead))
        add(inner, flags(kit, content.heading, content.lead))
        layout.addWidget(heading)
        add(layout, [note_block(kit, note) for note in content.notes if note.tone is not Tone.ADVICE])
        if content.asker is not None:
            layout.addWidget(asker_block(kit, content.asker, with_name=content.asker.name != content.heading))
        if content.lines:
            layout.addWidget(lines_card(kit, content.lines))
        add(layout, body_text(kit, content.body_title, content.body))
        if advice := [note_block(kit, note) for note in content.notes if note.tone is Tone.ADVICE]:
            together, notes = column(kit.unit // 4)
            add(notes, advice)
            layout.addWidget(together)
        if content.keeper is not None:
            layout.addWidget(extension_block(kit, content.keeper, "Kept by the Extension", scale=0.8))
        self._add_choices()
        self._add_own_parts()

    def _add_choices(self) -> None:
        content, report = self._view.content, self._report
        if content.items:
            title = WHICH_ONE_WORDS if content.one else WHICH_WORDS
            widget, rows = choice_list(self._kit, content.items, title, self._tick, is_exclusive=content.one)
            self._layout.addWidget(widget)
            self._updates.append(lambda front, rows=rows: _check(rows, front.items))  # type: ignore[misc]
        if content.options:
            widget, rows = choice_list(
                self._kit, content.options, "", lambda one: report(Pick(id=one.id)), is_exclusive=True
            )
            self._layout.addWidget(widget)
            self._updates.append(lambda front, rows=rows: _check(rows, (front.chosen,)))  # type: ignore[misc]
        if content.only_remembered.text:
            told = f"{REMEMBER_WORDS}: {content.only_remembered.text}"
            self._layout.addWidget(TextBlock(told, sized(self._kit.font, SMALL), part="muted"))
        if content.remember_choices:
            widget, rows = choice_list(
                self._kit,
                content.remember_choices,
                REMEMBER_WORDS,
                lambda one: report(Remember(id=one.id)),
                is_exclusive=True,
            )
            self._layout.addWidget(widget)
            self._updates.append(lambda front, rows=rows: _check(rows, (front.remember,)))  # type: ignore[misc]

    def _add_own_parts(self) -> None:  # noqa: C901  a table
        kit, view, layout = self._kit, self._view, self._layout
        request = view.front.request
        if view.shown_secret is not None:
            separator = "-" if isinstance(request, ShowRecovery) else ""
            layout.addWidget(shown_secret(kit, view.shown_secret, separator=separator))
        if isinstance(request, ShowRecovery):
            label = f"Type group {view.checked_group} as you wrote it"
            layout.addWidget(self._field(label, is_secret=False))
        elif isinstance(request, Unlock):
            layout.addWidget(self._field(unlocking_words(request), is_secret=not request.recovery))
        elif isinstance(request, AskSecret):
            layout.addWidget(self._field("PIN" if request.digits else "Secret"))
        elif isinstance(request, NewPassphrase):
            if not request.recovered:
                layout.addWidget(self._field("Present passphrase"))
            layout.addWidget(self._passphrase_maker())
        elif isinstance(request, NewPin):
            layout.addWidget(self._field("Passphrase"))
            layout.addWidget(self._twice_typed((new_pin_words(request), REPEAT_PIN_WORDS)))
        elif isinstance(request, NewLogin):
            layout.addWidget(self._field("Passphrase"))
            layout.addWidget(self._twice_typed((LOGIN_WORDS, REPEAT_LOGIN_WORDS)))
        elif isinstance(request, ChangeAppearance):
            layout.addWidget(self._looks_picker())
        elif isinstance(request, Confirm) and takes_secret(request):
            layout.addWidget(self._field(confirming_words(request)))
            if request.finger is not None:
                layout.addWidget(self._finger())
        if words := other_words(request):
            other = quiet_button(kit, QPushButton(words))
            other.clicked.connect(lambda: self._report(UseOther()))
            layout.addWidget(other, 0, Qt.AlignmentFlag.AlignLeft)

    def _field(self, label: str, *, is_secret: bool = True) -> QWidget:
        field = TypedField(label, self._kit.theme, self._kit.font, is_secret=is_secret)
        field.changed.connect(self.tell)
        field.entered.connect(self._left_first_field)
        self._secret = field
        return LabelledField(self._kit, label, field, with_toggle=is_secret)

    def _finger(self) -> QWidget:
        """How it stands with the finger, in a line that changes."""
        told = TextBlock("", sized(self._kit.font, SMALL), part="muted")
        self._updates.append(lambda front: told.setText(finger_words(front)))
        return told

    def _left_first_field(self) -> None:
        if self.maker is None:
            self._entered()
        else:
            self.maker.first_field.setFocus()

    def _passphrase_maker(self) -> QWidget:
        self.maker = PassphraseMaker(self._kit, self.tell, self._entered)
        return self.maker

    def _twice_typed(self, labels: tuple[str, str]) -> QWidget:
        self.maker = TwiceTyped(self._kit, labels, self.tell, self._entered)
        return self.maker

    def _looks_picker(self) -> QWidget:
        looks = self._view.looks or suggested_looks(secrets.choice)
        picker = LooksPicker(self._kit, looks, lambda picked: self._report(Dress(looks=picked)))
        self._picker = picker
        self._updates.append(lambda front: picker.show_looks(front.looks or looks))
        self._report(Dress(looks=looks))
        return picker

    def _tick(self, option: Option) -> None:
        ticked = any(row.option.id == option.id and row.isChecked() for row in self.findChildren(ChoiceRow))
        self._report(Include(id=option.id, included=not ticked))

    def _create_steps(self) -> QWidget:
        kit = self._kit
        made: list[QWidget] = []
        pages: dict[CreateStep, list[QWidget]] = {
            CreateStep.WELCOME: [self._promises()],
            CreateStep.LOOKS: [self._looks_picker()],
            CreateStep.PASSPHRASE: [self._passphrase_maker()],
            CreateStep.SHARING: [self._sharing()],
        }
        for step, parts in pages.items():
            title, text = CREATE_STEPS[step]
            page, layout = column(kit.unit * 3 // 4)
            counted = f"Step {step + 1} of {len(CREATE_STEPS)}"
            layout.addWidget(TextBlock(counted, sized(kit.font, 0.9), part="muted"))
            layout.addWidget(TextBlock(title, sized(kit.font, 1.5, weight=QFont.Weight.DemiBold)))
            layout.addWidget(TextBlock(text, kit.font))
            add(layout, parts)
            layout.addStretch()
            made.append(page)
        steps = self._steps = Pages(made)
        self._updates.append(lambda front: steps.turn_to(front.step))
        return steps

    def _promises(self) -> QWidget:
        unit = self._kit.unit
        widget, layout = column(unit if self._kit.is_tight else unit * 3 // 2)
        layout.setContentsMargins(0, unit // 2, 0, 0)
        for picture, promise in WELCOME_PROMISES:
            row = QHBoxLayout()
            row.setSpacing(unit)
            row.addWidget(
                PictureTile(Looks(picture=picture, phrase="", colour=""), unit * (3 if self._kit.is_tight else 5))
            )
            words = QVBoxLayout()
            words.addStretch()
            words.addWidget(TextBlock(promise, self._kit.font))
            words.addStretch()
            row.addLayout(words, 1)
            layout.addLayout(row)
        return widget

    def _sharing(self) -> QWidget:
        options = tuple(
            Option("open" if is_open else "", SafeText(label), SafeText(text))
            for is_open, (label, text) in SHARING_WORDS.items()
        )
        widget, rows = choice_list(
            self._kit, options, "", lambda one: self._report(Share(open_session=bool(one.id))), is_exclusive=True
        )
        self._updates.append(lambda front: _check(rows, ("open" if front.open_session else "",)))
        return widget


def _check(rows: list[ChoiceRow], picked: tuple[str, ...]) -> None:
    for row in rows:
        row.setChecked(row.option.id in picked)
