"""Where picture, colour and phrase are picked, with what the wallet will look like above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from etui.trusted.dialog.looks import COLOURS, MAX_PHRASE, PICTURES, picture_svg
from etui.trusted.dialog.qt.guarded import Guarded
from etui.trusted.dialog.qt.head import own_head
from etui.trusted.dialog.qt.labelled_field import LabelledField
from etui.trusted.dialog.qt.parts import SMALL, Kit, column
from etui.trusted.dialog.qt.picture import TILE
from etui.trusted.dialog.qt.text_block import TextBlock
from etui.trusted.dialog.qt.theme import sized
from etui.trusted.dialog.qt.typed_field import TypedField
from etui.trusted.dialog.requests import Looks

_COLUMNS: Final = 6
_NARROW_COLUMNS: Final = 4


class Swatch(Guarded, QAbstractButton):
    """A picture or a colour to pick."""

    guarded_role = QAccessible.Role.RadioButton

    def __init__(self, kit: Kit, name: str, *, picture: str = "", colour: str = "") -> None:
        super().__init__()
        self._kit = kit
        self._drawing = QSvgRenderer(QByteArray(picture_svg(picture))) if picture else None
        self._colour = colour or TILE
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Pictures are larger than colours."""
        unit = self._kit.unit
        return QSize(unit * 4, unit * 4) if self._drawing else QSize(unit * 2, unit * 2)

    def minimumSizeHint(self) -> QSize:
        """Half of it."""
        return self.sizeHint() / 2

    def nextCheckState(self) -> None:
        """A press tells; what is picked is the machine's word."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The picture or colour; a ring when picked, another where the focus is."""
        theme = self._kit.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height())
        square = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side).adjusted(5, 5, -5, -5)
        radius = square.width() / 5
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.setBrush(QColor(self._colour))
        painter.drawRoundedRect(square, radius, radius)
        if self._drawing is not None:
            inset = square.width() * 0.1
            self._drawing.render(painter, square.adjusted(inset, inset, -inset, -inset))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.isChecked():
            painter.setPen(QPen(QColor(theme.accent), 3))
            painter.drawRoundedRect(square.adjusted(-3, -3, 3, 3), radius + 3, radius + 3)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.text), 2, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(square.adjusted(-1, -1, 1, 1), radius, radius)
        painter.end()


class LooksPicker(QWidget):
    """Shows the looks picked so far; ``picked`` is told of each change."""

    def __init__(self, kit: Kit, looks: Looks, picked: Callable[[Looks], None]) -> None:
        super().__init__()
        self._kit = kit
        self._looks = looks
        self._picked = picked
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(kit.unit * 3 // 4)
        self._preview, self._preview_layout = column(0)
        self._preview_layout.addWidget(own_head(kit, looks))
        layout.addWidget(self._preview)
        self._pictures = {name: Swatch(kit, name, picture=name) for name in PICTURES}
        self._colours = {code: Swatch(kit, name, colour=code) for code, name in COLOURS.items()}
        layout.addWidget(self._pictures_grid())
        layout.addWidget(self._colours_row())
        self.phrase = TypedField("Phrase", kit.theme, kit.font, is_secret=False, limit=MAX_PHRASE)
        self.phrase.put(looks.phrase)
        self.phrase.changed.connect(lambda: self._change(phrase=self.phrase.secret.reveal_text()))
        layout.addWidget(LabelledField(kit, "A phrase of your own", self.phrase, with_toggle=False))
        self.show_looks(looks)

    def show_looks(self, looks: Looks) -> None:
        """Shows what is picked."""
        for name, swatch in self._pictures.items():
            swatch.setChecked(name == looks.picture and not looks.image)
        for code, swatch in self._colours.items():
            swatch.setChecked(code == looks.colour)
        if looks != self._looks:
            self._looks = looks
            old = self._preview_layout.takeAt(0)
            if old is not None and (widget := old.widget()) is not None:
                widget.deleteLater()
            self._preview_layout.addWidget(own_head(self._kit, looks))

    def _change(self, *, picture: str = "", colour: str = "", phrase: str | None = None) -> None:
        looks = self._looks
        self._picked(
            msgspec.structs.replace(
                looks,
                picture=picture or looks.picture,
                image=b"" if picture else looks.image,
                colour=colour or looks.colour,
                phrase=looks.phrase if phrase is None else phrase,
            )
        )

    def _pictures_grid(self) -> QWidget:
        widget, layout = column(self._kit.unit // 4)
        layout.addWidget(TextBlock("Picture", sized(self._kit.font, SMALL), part="muted"))
        columns = _NARROW_COLUMNS if self._kit.is_narrow else _COLUMNS
        grid = QGridLayout()
        grid.setSpacing(self._kit.unit // 4)
        for place, (name, swatch) in enumerate(self._pictures.items()):
            swatch.clicked.connect(lambda _checked=False, name=name: self._change(picture=name))
            grid.addWidget(swatch, *divmod(place, columns))
        layout.addLayout(grid)
        return widget

    def _colours_row(self) -> QWidget:
        widget, layout = column(self._kit.unit // 4)
        layout.addWidget(TextBlock("Colour", sized(self._kit.font, SMALL), part="muted"))
        row = QHBoxLayout()
        row.setSpacing(self._kit.unit // 4)
        for code, swatch in self._colours.items():
            swatch.clicked.connect(lambda _checked=False, code=code: self._change(colour=code))
            row.addWidget(swatch)
        row.addStretch()
        layout.addLayout(row)
        return widget
