"""``etui fingerprint on · off · status``: whether a finger confirms in place of the PIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etui.cli.command import Arguments, Command, connect, one_request
from etui.cli.exits import Exit
from etui.cli.output import single_line
from etui.interfaces import wallet_1 as wallet

if TYPE_CHECKING:
    from etui.cli.output import Output


def _status(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        found = client.call(wallet.Fingerprint())
    lines = [f"A finger {'confirms' if found.enabled else 'does not confirm'} in place of the PIN."]
    if found.problem:
        lines.append(single_line(f"None could be recognised now: {found.problem}."))
    output.value({"enabled": found.enabled, "problem": found.problem or ""}, "\n".join(lines))
    return Exit.OK


ON = Command(
    name="fingerprint on",
    help="have a finger confirm in place of the PIN",
    text=(
        "Has a finger that fprintd of this machine recognises confirm in place of the PIN, where policy takes it."
        " fprintd vouches for that, and the wallet cannot check it. The Trusted Dialog asks for the passphrase. No"
        " finger unlocks the wallet, and what has to be confirmed with the PIN alone still takes the PIN."
    ),
    run=one_request(
        wallet.Set(name="fingerprint", value="on"),
        {"enabled": True},
        "A finger that fprintd recognises confirms in place of the PIN.",
    ),
    examples=(("etui fingerprint on", "once `fprintd-enroll` knows a finger"),),
)
OFF = Command(
    name="fingerprint off",
    help="have no finger confirm",
    run=one_request(wallet.Set(name="fingerprint", value="off"), {"enabled": False}, "No finger confirms."),
    examples=(("etui fingerprint off", "the PIN confirms, or the passphrase"),),
)
STATUS = Command(
    name="fingerprint status",
    help="tell whether one does, and why none could now",
    run=_status,
    examples=(("etui fingerprint status --json", "for a program"),),
)
