"""Colours and fonts of the window: light or dark as the palette is, sizes in steps of the user's own font.

Every pair of text and ground that stands together here has a contrast of at least 4.5 (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from typing import Final

import msgspec
from PySide6.QtGui import QFont, QFontMetrics, QPalette

_DARK_BELOW: Final = 128


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """Named colours, ``#rrggbb``."""

    ground: str
    card: str
    text: str
    muted: str
    line: str
    accent: str
    on_accent: str
    idle: str
    caution_ground: str
    caution: str
    advice_ground: str


LIGHT: Final = Theme(
    ground="#f6f5f2",
    card="#ffffff",
    text="#1d2327",
    muted="#59636a",
    line="#d8d5ce",
    accent="#1d6b50",
    on_accent="#ffffff",
    idle="#e6e4de",
    caution_ground="#fdf1d3",
    caution="#6d4400",
    advice_ground="#e9eff4",
)
DARK: Final = Theme(
    ground="#1b1f23",
    card="#252b31",
    text="#eef1f3",
    muted="#a9b3bb",
    line="#3d464f",
    accent="#7cc7a6",
    on_accent="#0d1a14",
    idle="#323a42",
    caution_ground="#3b3018",
    caution="#ffd78f",
    advice_ground="#27323c",
)


def theme_of(palette: QPalette) -> Theme:
    """Dark where the palette's windows are dark."""
    return DARK if palette.color(QPalette.ColorRole.Window).lightness() < _DARK_BELOW else LIGHT


def em(font: QFont) -> int:
    """The height of a line in pixels: every distance is counted in it, so that large text has room."""
    return QFontMetrics(font).height()


def sized(font: QFont, scale: float, *, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """``font`` in another size and weight."""
    changed = QFont(font)
    if font.pointSizeF() > 0:
        changed.setPointSizeF(font.pointSizeF() * scale)
    else:
        changed.setPixelSize(max(1, round(font.pixelSize() * scale)))
    changed.setWeight(weight)
    return changed


def style_sheet(theme: Theme, unit: int) -> str:
    """The look of the plain controls; ``unit`` is an ``em``."""
    pad, small = max(4, unit // 3), max(3, unit // 5)
    return f"""
    #dialog {{ background: {theme.ground}; }}
    QWidget {{ color: {theme.text}; }}
    QLabel[part="muted"] {{ color: {theme.muted}; }}
    QLabel[part="caution"] {{ color: {theme.caution}; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
    QScrollArea[byKey="true"] {{ border: 2px solid {theme.accent}; border-radius: {small}px; }}
    QFrame[part="card"] {{ background: {theme.card}; border: 1px solid {theme.line}; border-radius: {pad}px; }}
    QFrame[part="frame"] {{ background: {theme.card}; border: 2px solid {theme.muted}; border-radius: {pad}px; }}
    QFrame[part="line"] {{ background: {theme.line}; border: none; }}
    QFrame[part="cautionGround"] {{ background: {theme.caution_ground}; border: none; border-radius: {small}px; }}
    QFrame[part="adviceGround"] {{ background: {theme.advice_ground}; border: none; border-radius: {small}px; }}
    QPushButton, QToolButton {{
        background: {theme.card}; border: 1px solid {theme.line}; border-radius: {pad}px;
        padding: {small + 2}px {unit}px; min-height: {unit}px;
    }}
    QPushButton:hover, QToolButton:hover {{ border-color: {theme.muted}; }}
    QPushButton:focus, QToolButton:focus {{ border: 2px solid {theme.accent}; }}
    QToolButton {{ padding-right: {unit + pad}px; }}
    QToolButton::menu-button {{ border: none; width: {unit}px; }}
    QMenu {{ background: {theme.card}; border: 1px solid {theme.line}; }}
    QMenu::item {{ padding: {small}px {unit}px; }}
    QMenu::item:selected {{ background: {theme.accent}; color: {theme.on_accent}; }}
    QScrollBar:vertical {{ background: transparent; width: {max(8, unit // 2)}px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {theme.muted}; border-radius: {small}px; min-height: {2 * unit}px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
    """
