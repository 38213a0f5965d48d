"""Lines by which a counterpart asks another one in ISO 8583: kept up, checked, and answered in any order."""

from etui.counterparts.lines.errors import LineError, NotSentError, UnansweredError
from etui.counterparts.lines.line import Line
from etui.counterparts.lines.numbers import Numbers

__all__ = ["Line", "LineError", "NotSentError", "Numbers", "UnansweredError"]
