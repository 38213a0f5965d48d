"""Colours and fonts of the window: light or dark as the palette is, sizes in steps of the user's own font.

Every pair of text and ground that stands together here has a contrast of at least 4.5 (WCAG 2.2, 1.4.3); where the
desktop asks for high contrast, of at least 7 (1.4.6), and every ground has an outline.
"""

from __future__ import annotations

from typing import Final

import msgspec
from PySide6.QtGui import QFont, QFontMetrics, QPalette

from etui.trusted.dialog.looks import contrast

_DARK_BELOW: Final = 128
_BLACK_AND_WHITE: Final = 20.9


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
    caution_line: str
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
    caution_line="#ecd9a4",
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
    caution_line="#57482a",
    advice_ground="#27323c",
)
HIGH_LIGHT: Final = Theme(
    ground="#ffffff",
    card="#ffffff",
    text="#000000",
    muted="#262626",
    line="#000000",
    accent="#00472e",
    on_accent="#ffffff",
    idle="#ffffff",
    caution_ground="#ffffff",
    caution="#5a2d00",
    caution_line="#5a2d00",
    advice_ground="#ffffff",
)
HIGH_DARK: Final = Theme(
    ground="#000000",
    card="#000000",
    text="#ffffff",
    muted="#e0e0e0",
    line="#ffffff",
    accent="#8cf0c4",
    on_accent="#000000",
    idle="#000000",
    caution_ground="#000000",
    caution="#ffd75e",
    caution_line="#ffd75e",
    advice_ground="#000000",
)


def theme_of(palette: QPalette, *, wants_contrast: bool = False) -> Theme:
    """Dark where the palette's windows are dark; high contrast where it is asked for, or they are black and white."""
    window = palette.color(QPalette.ColorRole.Window)
    is_dark = window.lightness() < _DARK_BELOW
    pair = contrast(window.name(), palette.color(QPalette.ColorRole.WindowText).name())
    if wants_contrast or pair >= _BLACK_AND_WHITE:
        return HIGH_DARK if is_dark else HIGH_LIGHT
    return DARK if is_dark else LIGHT


def em(font: QFont) -> int:
    """The height of a line in pixels: every distance is counted in it, so that large text has room."""
    return QFontMetrics(font).height()


def control_height(font: QFont) -> int:
    """The height of what is pressed or typed in, in pixels: room for a finger."""
    return em(font) * 5 // 2


def sized(font: QFont, scale: float, *, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """``font`` in another size and weight."""
    changed = QFont(font)
    if font.pointSizeF() > 0:
        changed.setPointSizeF(font.pointSizeF() * scale)
    else:
        changed.setPixelSize(max(1, round(font.pixelSize() * scale)))
    changed.setWeight(weight)
    return changed


def bar_width(unit: int) -> int:
    """The width of the scroll bar, in pixels."""
    return max(8, unit // 2)


def style_sheet(theme: Theme, unit: int) -> str:
    """The look of the plain controls; ``unit`` is an ``em``."""
    pad, small = max(4, unit // 3), max(3, unit // 5)
    return f"""
    #dialog {{ background: {theme.ground}; }}
    QWidget {{ color: {theme.text}; }}
    QLabel[part="muted"] {{ color: {theme.muted}; }}
    QLabel[part="caution"] {{ color: {theme.caution}; }}
    QLabel[part="onAccent"] {{ color: {theme.on_accent}; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
    QFrame[part="card"] {{ background: {theme.card}; border: 1px solid {theme.line}; border-radius: {pad}px; }}
    QFrame[part="frame"] {{ background: {theme.card}; border: 2px solid {theme.muted}; border-radius: {pad}px; }}
    QFrame[part="reading"] {{
        background: {theme.ground}; border: 1px solid {theme.line}; border-left: 3px solid {theme.accent};
    }}
    QFrame[part="line"] {{ background: {theme.line}; border: none; }}
    QFrame[part="cautionGround"] {{
        background: {theme.caution_ground}; border: 1px solid {theme.caution_line}; border-radius: {pad}px;
    }}
    QFrame[part="adviceGround"] {{
        background: {theme.advice_ground}; border: 1px solid {theme.line}; border-radius: {pad}px;
    }}
    QPushButton, QToolButton {{
        background: {theme.card}; border: 1px solid {theme.line}; border-radius: {pad}px; padding: 0 {unit}px;
        outline: none;
    }}
    QPushButton:hover, QToolButton:hover {{ border-color: {theme.muted}; }}
    QPushButton:focus, QToolButton:focus {{ border: 2px solid {theme.accent}; padding: 0 {unit - 1}px; }}
    QToolButton, QToolButton:focus {{ padding-right: {2 * unit}px; }}
    QToolButton::menu-button {{
        border: none; border-left: 1px solid {theme.line}; width: {unit * 3 // 2}px; margin: {small}px 0;
    }}
    QPushButton[part="quiet"] {{
        background: transparent; border: none; border-bottom: 2px solid transparent; border-radius: 0;
        color: {theme.accent}; padding: {small}px 0; text-decoration: underline; text-align: left;
    }}
    QPushButton[part="quiet"]:focus {{ background: {theme.idle}; border-bottom-color: {theme.accent}; }}
    QMenu {{ background: {theme.card}; border: 1px solid {theme.line}; }}
    QMenu::item {{ padding: {small}px {unit}px; }}
    QMenu::item:selected {{ background: {theme.accent}; color: {theme.on_accent}; }}
    QScrollBar:vertical {{ background: transparent; width: {bar_width(unit)}px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {theme.muted}; border-radius: {small}px; min-height: {2 * unit}px; }}
    QScrollBar::handle:vertical:disabled {{ background: transparent; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
    """
