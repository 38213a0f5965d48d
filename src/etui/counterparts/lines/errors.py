"""What keeps a question from being answered: whether it was sent is what matters, since then something may follow."""

from __future__ import annotations


class LineError(Exception):
    """A question was not answered."""

    code = "line"


class NotSentError(LineError):
    """It never left: nothing can have come of it."""

    code = "not_sent"


class UnansweredError(LineError):
    """It was sent, and nobody knows what became of it: it has to be reversed."""

    code = "unanswered"
