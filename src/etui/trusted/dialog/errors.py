"""The errors of the Trusted Dialog: each has a stable code and says what the person or program can do."""

from __future__ import annotations


class DialogError(Exception):
    """Something in the Trusted Dialog's own house is wrong; the code of a subclass says what."""

    code = "dialog"


class ScriptError(DialogError):
    """A line of a script cannot be read, or answers a face in a way that this face does not take."""

    code = "script"


class NoDisplayError(DialogError):
    """The face that was asked for has nothing to be shown on."""

    code = "no_display"


class MisuseError(DialogError):
    """The Router sent what the dialog cannot show."""

    code = "misuse"
