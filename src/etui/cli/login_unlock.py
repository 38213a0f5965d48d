"""``etui login-unlock on · off · status``: whether the login password unlocks the wallet too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from etui.cli.command import Arguments, Command, connect, one_request
from etui.cli.exits import Exit
from etui.cli.output import single_line
from etui.interfaces import wallet_1 as wallet

if TYPE_CHECKING:
    from etui.cli.output import Output

_PAM: Final = Path("/etc/pam.d/common-auth")
_PROFILE: Final = "libexec/login-unlock"
_NOT_HANDED_ON: Final = (
    "This machine does not hand logins on yet: whoever administers it runs `pam-auth-update --enable etui`, where"
    " Etui's Debian package is installed."
)


def _is_handed_on() -> bool:
    """Whether this machine's logins start what hands them on."""
    try:
        lines = _PAM.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(_PROFILE in line and not line.lstrip().startswith("#") for line in lines)


def _on(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        client.call(wallet.LoginUnlockOn())
    handed_on = _is_handed_on()
    text = "Your login password unlocks this wallet, too." + ("" if handed_on else f"\n{_NOT_HANDED_ON}")
    output.value({"enabled": True, "handed_on": handed_on}, text)
    return Exit.OK


def _status(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        found = client.call(wallet.LoginUnlock())
    handed_on = _is_handed_on()
    lines = [f"The login password {'unlocks' if found.enabled else 'does not unlock'} this wallet."]
    if found.problem:
        lines.append(single_line(f"The last login did not unlock it: {found.problem}."))
    if found.enabled and not handed_on:
        lines.append(_NOT_HANDED_ON)
    value = {"enabled": found.enabled, "handed_on": handed_on, "problem": found.problem or ""}
    output.value(value, "\n".join(lines))
    return Exit.OK


ON = Command(
    name="login-unlock on",
    help="have the login password unlock the wallet, too",
    text=(
        "Has your login password unlock the wallet too, when you log in or come back to a locked screen. The Trusted"
        " Dialog asks for the passphrase and for the login password. After that was changed, it unlocks nothing until"
        " this sets it anew."
    ),
    run=_on,
    examples=(("etui login-unlock on", "also after the login password was changed"),),
)
OFF = Command(
    name="login-unlock off",
    help="have the passphrase alone unlock the wallet",
    run=one_request(wallet.LoginUnlockOff(), {"enabled": False}, "No login password unlocks this wallet."),
    examples=(("etui login-unlock off", "the passphrase stays as it is"),),
)
STATUS = Command(
    name="login-unlock status",
    help="tell whether it does, and why the last login did not",
    run=_status,
    examples=(("etui login-unlock status --json", "for a program"),),
)
