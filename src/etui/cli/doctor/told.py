"""What others answer: the examination, the wallet, the message buses, the list of packages."""

from __future__ import annotations

from typing import Literal

import msgspec

from etui.interfaces import wallet_1 as wallet


class Confinement(msgspec.Struct, frozen=True):
    """Whether an Extension can be confined: by which bubblewrap, or why it cannot."""

    type: Literal["possible", "impossible"]
    bubblewrap: str = ""
    reason: str = ""


class Display(msgspec.Struct, frozen=True):
    """What the dialog would be shown on, and what that protects from."""

    kind: str
    sentence: str
    protected: bool


class Protection(msgspec.Struct, frozen=True):
    """What holds of the memory of a process that has keys. ``guard``: ``unswapped``, ``untraceable`` or ``no_core``."""

    guard: str
    held: bool
    words: str


class Examination(msgspec.Struct, frozen=True):
    """What the trusted part found out, as it prints it."""

    confinement: Confinement
    display: Display | None
    has_terminal: bool
    memory: tuple[Protection, ...]
    swapped_to: tuple[str, ...]


class Silence(msgspec.Struct, frozen=True):
    """Why nothing was found out; ``is_late``: only because it took too long."""

    reason: str
    is_late: bool = False


class Running(msgspec.Struct, frozen=True):
    """What a wallet that runs says of itself. ``doors``: those that are open, each with its detail."""

    status: wallet.StatusResult
    doors: dict[str, str]


class SessionBus(msgspec.Struct, frozen=True):
    """The session's message bus.

    ``problem``: why it cannot be used, empty where it can. ``secrets``: who serves ``org.freedesktop.secrets``, and
    whether the bus would start somebody for it.
    """

    address: str
    problem: str = ""
    secrets: str = ""
    starts_secrets: bool = False


class SystemBus(msgspec.Struct, frozen=True):
    """The system's message bus.

    ``problem``: as above. ``logind``: whether it is there. ``session``: the object path of the session
    that it counts this user's programs to; empty for none.
    """

    address: str
    problem: str = ""
    logind: bool = False
    session: str = ""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was answered. A text in place of an answer says why there is none, None that nobody is there.

    ``packages``: the lines of those that are missing; None where no list of them lies with the code.
    """

    examination: Examination | Silence = Silence("it was not asked")
    wallet: Running | str | None = None
    session_bus: SessionBus | None = None
    system_bus: SystemBus | None = None
    packages: tuple[str, ...] | str | None = None
