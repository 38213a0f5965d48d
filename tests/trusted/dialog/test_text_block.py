"""How high a wrapped text is, whatever became of it since it was last asked."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from etui.trusted.dialog.qt.text_block import TextBlock

WIDTH = 120
LINE = "four words to wrap "


@pytest.fixture
def block(application: QApplication) -> TextBlock:
    return TextBlock(LINE * 4, application.font())


def test_a_narrow_text_is_higher_than_a_wide_one(block: TextBlock) -> None:
    assert block.heightForWidth(WIDTH) > block.heightForWidth(4 * WIDTH) > 0


def test_another_text_has_its_own_height(block: TextBlock) -> None:
    before = block.heightForWidth(WIDTH)
    block.setText(LINE * 40)
    assert block.heightForWidth(WIDTH) > before


def test_another_font_makes_it_higher(block: TextBlock) -> None:
    before = block.heightForWidth(WIDTH)
    font = QFont(block.font())
    font.setPointSizeF(font.pointSizeF() * 2)
    block.setFont(font)
    assert block.heightForWidth(WIDTH) > before


def test_another_style_makes_it_higher(block: TextBlock) -> None:
    before = block.heightForWidth(WIDTH)
    block.setStyleSheet("font-size: 40px")
    block.ensurePolished()
    assert block.heightForWidth(WIDTH) > before
