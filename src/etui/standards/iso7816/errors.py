"""What is no command or response of a card, each with a stable code and the status word that a card answers with."""

from __future__ import annotations

from etui.standards.iso7816.status import StatusWord


class Iso7816Error(Exception):
    """Something received does not fit the standard.

    ``status``: what a card answers to a command of which this was found.
    """

    code = "iso7816"
    status = StatusWord.NO_PRECISE_DIAGNOSIS


class MalformedError(Iso7816Error):
    """A command or a response is not formed as the standard says, mostly by its lengths."""

    code = "malformed"
    status = StatusWord.WRONG_LENGTH


class ClassError(Iso7816Error):
    """The class byte is none that a command may have."""

    code = "class"
    status = StatusWord.CLASS_NOT_SUPPORTED


class InstructionError(Iso7816Error):
    """The instruction byte is none that a command may have."""

    code = "instruction"
    status = StatusWord.INSTRUCTION_NOT_SUPPORTED


class ParametersError(Iso7816Error):
    """The parameter bytes P1 and P2 ask for what is not known here."""

    code = "parameters"
    status = StatusWord.INCORRECT_PARAMETERS


class ChainingError(Iso7816Error):
    """A command does not go on with the chain that was begun."""

    code = "chaining"
    status = StatusWord.LAST_COMMAND_OF_CHAIN_EXPECTED
