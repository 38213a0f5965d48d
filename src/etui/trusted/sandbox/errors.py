"""What can go wrong while a process is being confined, each with a stable code."""

from __future__ import annotations


class SandboxError(Exception):
    """Something in the sandbox went wrong; ``code`` tells programs what."""

    code = "sandbox"


class ConfinementError(SandboxError):
    """A confinement asks for what cannot or must not be given."""

    code = "sandbox_confinement"


class FilterError(SandboxError):
    """The filter of system calls could not be made, so nothing may be started."""

    code = "sandbox_filter"


class StartError(SandboxError):
    """The confined process was not started; nothing of it is left running."""

    code = "sandbox_start"
