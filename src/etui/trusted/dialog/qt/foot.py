"""The foot of the window: what still hinders, the buttons, and what the display protects from."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from etui.trusted.dialog.events import Dismiss, Refuse, StepBack
from etui.trusted.dialog.face import Report, View
from etui.trusted.dialog.front import CreateStep, Front, Hindrance, armed_part, hindrances
from etui.trusted.dialog.qt.approve import ApproveButton
from etui.trusted.dialog.qt.button_row import ButtonRow
from etui.trusted.dialog.qt.parts import Kit, Whole
from etui.trusted.dialog.qt.text_block import TextBlock
from etui.trusted.dialog.qt.theme import control_height, sized
from etui.trusted.dialog.requests import Create
from etui.trusted.dialog.wording import SILENCE_WORDS, approve_label, hint


class Foot(Whole):
    """Buttons in the order of what they risk: close at the left, Refuse, then Approve.

    ``scrolls``: whether there is more of the body than fits. The line of the hint keeps its room, so that nothing
    moves under a hand.
    """

    def __init__(
        self, kit: Kit, view: View, report: Report, approve: Callable[[], None], scrolls: Callable[[], bool]
    ) -> None:
        super().__init__()
        self._kit = kit
        words = view.content.words
        layout = QVBoxLayout(self)
        layout.setContentsMargins(kit.margin, kit.unit // (4 if kit.is_low else 2), kit.margin, kit.unit // 2)
        layout.setSpacing(kit.unit * 3 // 8)
        self._hint = TextBlock("", sized(kit.font, 0.95), part="muted")
        self._hint.setMinimumHeight(self._hint.fontMetrics().height())
        self._scrolls = scrolls
        layout.addWidget(self._hint)
        request = view.front.request
        self._back = self._button("Back", lambda: report(StepBack())) if isinstance(request, Create) else None
        self.approve = ApproveButton(approve_label(view.front), kit.theme, kit.font)
        self.approve.pressed.connect(approve)
        dismiss = [self._dismiss_button(view, report)] if words.dismiss else []
        refuse = [self._button(words.refuse, lambda: report(Refuse()))] if words.refuse else []
        back = [] if self._back is None else [self._back]
        self._buttons = ButtonRow([*dismiss, *back], [*refuse, self.approve], kit.unit // 2)
        layout.addWidget(self._buttons)
        rule = QFrame()
        rule.setProperty("part", "line")
        rule.setFixedHeight(1)
        if not kit.is_low:
            layout.addSpacing(kit.unit // 4)
        layout.addWidget(rule)
        sentence = TextBlock(view.display.sentence, sized(kit.font, 0.85), part="muted")
        if kit.is_tight:
            sentence.setText(view.display.sentence.split(":")[0])
            sentence.setToolTip(view.display.sentence)
            sentence.setAccessibleDescription(view.display.sentence)
        layout.addWidget(sentence)

    def update_front(self, front: Front, now: float) -> None:
        """Shows what still hinders, and how far Approve is armed."""
        hindering = hindrances(front, now)
        by_content = [one for one in hindering if one not in {Hindrance.ARMING, Hindrance.UNFOCUSED}]
        told = [one for one in hindering if one is not Hindrance.UNREAD or self._scrolls()]
        said = next(filter(None, (hint(front, one, now) for one in told)), "")
        if said != self._hint.text():
            self._hint.setText(said)
            self.keep_whole()
        if self.approve.label != approve_label(front):
            self.approve.show_label(approve_label(front))
            self._buttons.arrange()
        self.approve.setAccessibleDescription(said)
        part = 0.0 if by_content else armed_part(front, now)
        self.approve.show_arming(part, is_ready=not hindering)
        if self._back is not None:
            self._back.setVisible(front.step is not CreateStep.WELCOME)

    def _button(self, label: str, pressed: Callable[[], None]) -> QPushButton:
        button = QPushButton(label)
        button.setFont(self._kit.font)
        button.setFixedHeight(control_height(self._kit.font))
        button.setAutoDefault(False)
        button.clicked.connect(pressed)
        return button

    def _dismiss_button(self, view: View, report: Report) -> QWidget:
        label = view.content.words.dismiss
        if view.content.asker is None and view.content.frame is None:  # the wallet itself speaks
            return self._button(label, lambda: report(Dismiss()))
        button = QToolButton()
        button.setText(label)
        button.setFont(self._kit.font)
        button.setFixedHeight(control_height(self._kit.font))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        menu = QMenu(button)
        menu.addAction(SILENCE_WORDS).triggered.connect(lambda: report(Dismiss(silence=True)))
        button.setMenu(menu)
        button.clicked.connect(lambda: report(Dismiss()))
        return button
