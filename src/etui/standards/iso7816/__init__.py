"""What cards and terminals say to each other: command and response APDUs, status words, SELECT by name.

Only values: which commands a card takes, and how often a terminal asks again, is theirs.

Sources: ISO/IEC 7816-3:2006, section 12.1 (formats); ISO/IEC 7816-4:2020 (class byte, status words, commands).
"""

from etui.standards.iso7816.commands import (
    MAX_DATA,
    MAX_NE,
    MAX_SHORT_DATA,
    MAX_SHORT_NE,
    Command,
    joined,
    split,
)
from etui.standards.iso7816.errors import (
    ChainingError,
    ClassError,
    InstructionError,
    Iso7816Error,
    MalformedError,
    ParametersError,
)
from etui.standards.iso7816.responses import Response, get_response, next_command
from etui.standards.iso7816.selection import MAX_NAME_BYTES, SELECT, Occurrence, Selection, read_selection
from etui.standards.iso7816.status import StatusWord

__all__ = [
    "MAX_DATA",
    "MAX_NAME_BYTES",
    "MAX_NE",
    "MAX_SHORT_DATA",
    "MAX_SHORT_NE",
    "SELECT",
    "ChainingError",
    "ClassError",
    "Command",
    "InstructionError",
    "Iso7816Error",
    "MalformedError",
    "Occurrence",
    "ParametersError",
    "Response",
    "Selection",
    "StatusWord",
    "get_response",
    "joined",
    "next_command",
    "read_selection",
    "split",
]
