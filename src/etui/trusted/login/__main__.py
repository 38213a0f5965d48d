"""``login-unlock``: what pam_exec runs, as root and with ``expose_authtok``, when a password was found to be right.

    pam_exec ──► this ends at once, with 0
                  └──► a process that nobody waits for: reads the password where there is a slot for it, makes the
                       login key, forgets the password, waits for the wallet, hands the key on

Rules:

1. No login waits for it or fails by it: it is there until the password has been written into its pipe, 2 s at most.
2. Where the person has no slot for a login, the password is not read at all.
3. Nobody but root runs it to any effect, and for no service but those by which a person comes to a screen or back to
   one: what asks for a password to do one thing (sudo, su, polkit) opens no wallet.

Source: pam_exec(8); ``PAM_USER``, ``PAM_SERVICE`` and ``PAM_TYPE`` in its environment.
"""

from __future__ import annotations

import os
import select
import signal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICES: Final = frozenset(
    {
        "cinnamon-screensaver",
        "gdm-password",
        "greetd",
        "kde",
        "lightdm",
        "login",
        "lxdm",
        "ly",
        "mate-screensaver",
        "phosh",
        "sddm",
        "xdm",
        "xfce4-screensaver",
    }
)
"""The names under which log-ins and locked screens ask PAM; those of the latter that do so as root."""
_WRITTEN_S: Final = 2.0
_ENDS_S: Final = 240
_PASSWORD: Final = 0


def main() -> None:
    """Has a login handed on, and ends the process with 0."""
    try:
        name = user_of(os.environ)
        if name and os.geteuid() == 0 and not os.fork():
            _hand_on(name)
        select.select([_PASSWORD], [], [], _WRITTEN_S)  # with nobody at the pipe's end, writing would kill the log-in
    finally:
        os._exit(0)


def user_of(environ: Mapping[str, str]) -> str:
    """Who logs in; empty where nobody does."""
    if environ.get("PAM_TYPE") != "auth" or environ.get("PAM_SERVICE") not in SERVICES:
        return ""
    return environ.get("PAM_USER", "")


def _hand_on(name: str) -> None:
    """What the process does that nobody waits for; it does not return."""
    try:
        signal.alarm(_ENDS_S)
        os.setsid()
        if not os.fork():
            signal.alarm(_ENDS_S)
            os.chdir("/")
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 1)
            os.dup2(null, 2)
            from etui.trusted.login.handing import hand_on  # noqa: PLC0415  # the log-in waits for none of it

            hand_on(name, _PASSWORD)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
