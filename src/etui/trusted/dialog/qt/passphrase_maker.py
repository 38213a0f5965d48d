"""Where a new passphrase is made: six generated words to write down, or one's own; either is typed again."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from etui.sealing import Secret
from etui.trusted.dialog.entries import EMPTY
from etui.trusted.dialog.passphrases import generated, strength
from etui.trusted.dialog.qt.guarded import GuardedButton
from etui.trusted.dialog.qt.labelled_field import LabelledField
from etui.trusted.dialog.qt.parts import SMALL, Kit, Pages, column, quiet_button
from etui.trusted.dialog.qt.shown_secret import shown_secret
from etui.trusted.dialog.qt.text_block import TextBlock
from etui.trusted.dialog.qt.theme import sized
from etui.trusted.dialog.qt.typed_field import TypedField
from etui.trusted.dialog.wording import GENERATED_WORDS, REPEAT_OWN_WORDS, REPEAT_WORDS


class PassphraseMaker(QWidget):
    """Offers generated words first; ``changed`` is told of each change."""

    def __init__(self, kit: Kit, changed: Callable[[], None], entered: Callable[[], None]) -> None:
        super().__init__()
        self._changed = changed
        self._generated = generated(secrets.choice)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(kit.unit * 3 // 4)
        offered, offered_layout = column(kit.unit // 2)
        offered_layout.addWidget(TextBlock(GENERATED_WORDS, kit.font))
        offered_layout.addWidget(shown_secret(kit, self._generated, separator=" "))
        own, own_layout = column(kit.unit // 4)
        self.new = TypedField("New passphrase", kit.theme, kit.font)
        own_layout.addWidget(LabelledField(kit, "New passphrase", self.new, with_toggle=True))
        self._strength = TextBlock("", sized(kit.font, SMALL), part="muted")
        own_layout.addWidget(self._strength)
        self._pages = Pages((offered, own))
        layout.addWidget(self._pages)
        self.repeat = TypedField(REPEAT_WORDS, kit.theme, kit.font)
        self._repeat = LabelledField(kit, REPEAT_WORDS, self.repeat, with_toggle=True)
        layout.addWidget(self._repeat)
        self._turn = quiet_button(kit, GuardedButton("Type my own instead"))
        self._turn.clicked.connect(self._turned)
        layout.addWidget(self._turn, 0, Qt.AlignmentFlag.AlignLeft)
        self.new.changed.connect(self._told)
        self.repeat.changed.connect(self._told)
        self.new.entered.connect(self.repeat.setFocus)
        self.repeat.entered.connect(entered)

    @property
    def first_field(self) -> TypedField:
        """Where typing begins."""
        return self.new if self._is_own else self.repeat

    @property
    def chosen(self) -> Secret:
        """The generated one, or what was typed in its place."""
        return self.new.secret if self._is_own else self._generated

    def forget(self) -> None:
        """Drops it."""
        self._generated = EMPTY
        self.new.clear()
        self.repeat.clear()

    @property
    def _is_own(self) -> bool:
        return self._pages.current == 1

    def _turned(self) -> None:
        self._pages.turn_to(0 if self._is_own else 1)
        self._turn.setText("Take the six words instead" if self._is_own else "Type my own instead")
        self._repeat.show_label(REPEAT_OWN_WORDS if self._is_own else REPEAT_WORDS)
        self.new.clear()
        self.repeat.clear()
        self._told()
        self.first_field.setFocus()

    def _told(self) -> None:
        typed = self.new.secret
        self._strength.setText(f"Strength: {strength(typed).value}" if self._is_own and len(typed) else "")
        self._changed()
