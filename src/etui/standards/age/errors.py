"""What this room refuses."""


class AgeError(ValueError):
    """A text is not formed as age has it; the message shows no key."""
