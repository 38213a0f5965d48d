"""``emvtool`` of the PyPI package emv: an EMV reader over PC/SC, T=0 and PSE with an empty PDOL, before an armed card.

Its own commands read all that there is. For a cryptogram it asks behind a PIN that the card would check; ours checks
none, so that is asked for by a caller of its functions, and verified by pyemv with the issuer's master key.

Of two elements it shows something else than Book 3 says: the bits of 9F07 in the other order (C2), and in 8E each
method whose code has the last bit set as a PIN that the card checks (C3). Neither is looked at here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.acquirer import KEYS

from etui.counterparts.issuer.chip import read_chip
from etui.standards import emv
from judges.expected import Verdict
from judges.steps import taken

if TYPE_CHECKING:
    from judges.stage import TerminalStage

PACKAGE: Final = "emv-1.0.14"
_CALLER: Final = Path(__file__).with_name("callers") / "emv_pays.py"
_AMOUNT: Final = 12_34
_LIMIT: Final = 50_00
_AIP: Final = "[31, 128]"
_FILES: Final = "[8, 1, 1, 1, 16, 1, 3, 0]"
_CDOL1: Final = tuple(emv.Entry(tag, emv.ELEMENTS[tag].max_bytes) for tag in emv.TERMINAL_TAGS)


def judge(stage: TerminalStage) -> Verdict:
    """Its verdict."""

    def emvtool(*arguments: str) -> str:
        ran = stage.run(sys.executable, str(stage.package / "bin" / "emvtool"), *arguments)
        return " ".join((ran.stdout + ran.stderr).split())

    def reads(*expected: str, command: tuple[str, ...]) -> bool:
        said = emvtool(*command)
        return all(text in said for text in expected)

    def armed() -> bool:
        stage.arm(_LIMIT)
        return True

    def pays() -> bool:
        """Whether the cryptogram is the card's, over what was asked."""
        ran = stage.run(sys.executable, str(_CALLER), str(_AMOUNT))
        if ran.returncode:
            sys.stdout.write(ran.stderr)
            return False
        said = json.loads(ran.stdout)
        asked = emv.list_values(_CDOL1, bytes.fromhex(said["asked"]))
        answered = {int(tag, 16): bytes.fromhex(said[tag]) for tag in ("9F26", "9F27", "9F36", "9F10", "82")}
        objects = (emv.primitive(tag, value) for tag, value in (asked | answered).items())
        chip = read_chip(emv.encode_objects(objects))
        made = KEYS.session(said["pan"], 1, chip.atc).cryptogram(chip.signed)
        return chip.atc == 1 and made == chip.cryptogram

    info = ("info",)
    data = ("appdata", "0")
    steps = {
        "the reader": lambda: reads("0: Virtual PCD 00 00", command=("readers",)),
        "a card that is not armed": lambda: "Etui" not in emvtool("listapps"),
        "applications": lambda: armed() and reads('"Etui Demo"', "[F0 45 54 55 49 01]", command=("listapps",)),
        "the directory for contacts": lambda: reads("Short File Identifier", "File: 1,1", command=info),
        "the directory for contactless readers": lambda: reads("FCI Issuer Discretionary Data", command=info),
        "the application": lambda: reads("Processing Options Data Object List (PDOL)", '"en"', command=info),
        "the counter": lambda: reads("atc", command=info),
        "processing options": lambda: reads(_AIP, _FILES, command=data),
        "whose card it is": lambda: reads(stage.number, "35/12/31", "DE", "EUR", command=data),
        "what it asks to be told": lambda: reads("(CDOL1)", "(CDOL2)", "Unpredictable Number, 4", command=data),
        "its certificates": lambda: reads("Issuer Public Key Certificate", "ICC Public Key Certificate", command=data),
        "a PIN is not checked by it": lambda: reads(
            "Instruction code not supported", command=("-p", "1234", "cap", "-c", "12345678", "-a", "12.34")
        ),
        "a cryptogram": pays,
        "what the wallet says": lambda: stage.armed() == ("online", _AMOUNT),
        "a card that was tapped": lambda: "Etui" not in emvtool("listapps"),
    }
    return taken(steps)
