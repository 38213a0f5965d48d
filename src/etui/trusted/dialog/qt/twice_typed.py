"""Where a new PIN, or the login password, is typed: twice, the same."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from etui.sealing import Secret
from etui.trusted.dialog.qt.labelled_field import LabelledField
from etui.trusted.dialog.qt.parts import Kit
from etui.trusted.dialog.qt.typed_field import TypedField


class TwiceTyped(QWidget):
    """Two fields for the same text, by their ``labels``; ``changed`` is told of each change."""

    def __init__(
        self, kit: Kit, labels: tuple[str, str], changed: Callable[[], None], entered: Callable[[], None]
    ) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(kit.unit * 3 // 4)
        first, again = labels
        self.first_field = TypedField(first, kit.theme, kit.font)
        self.repeat = TypedField(again, kit.theme, kit.font)
        layout.addWidget(LabelledField(kit, first, self.first_field, with_toggle=True))
        layout.addWidget(LabelledField(kit, again, self.repeat, with_toggle=True))
        self.first_field.changed.connect(changed)
        self.repeat.changed.connect(changed)
        self.first_field.entered.connect(self.repeat.setFocus)
        self.repeat.entered.connect(entered)

    @property
    def chosen(self) -> Secret:
        """What was typed."""
        return self.first_field.secret

    def forget(self) -> None:
        """Drops it."""
        self.first_field.clear()
        self.repeat.clear()
