"""What every face is: something that presents one view, keeps it fresh, and reports events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

import msgspec

from etui.sealing import Secret
from etui.trusted.dialog.content import Content
from etui.trusted.dialog.display import Display
from etui.trusted.dialog.events import Event
from etui.trusted.dialog.front import Front
from etui.trusted.dialog.requests import Looks

Report: TypeAlias = Callable[[Event], None]
"""How a face tells what happened."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A showing as a face draws it.

    ``shown_secret``: what ``Reveal`` and ``ShowRecovery`` show, opened. ``checked_group``: the number (from 1) of the
    group of a recovery key that is to be typed. ``looks``: None before there are any. ``warnings``: the sentences at
    the foot of each face.
    """

    front: Front
    content: Content
    display: Display
    looks: Looks | None = None
    shown_secret: Secret | None = None
    checked_group: int = 1
    warnings: tuple[str, ...] = ()


class Face(Protocol):
    """A way to show views to a person, or to a script that stands for one."""

    def present(self, view: View) -> None:
        """Brings a new view to the front."""

    def refresh(self, front: Front) -> None:
        """Shows what changed of the view in front."""

    def clear(self) -> None:
        """Shows nothing and forgets what was typed."""
