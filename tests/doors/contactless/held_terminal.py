"""The terminal's own command, ``python -m etui.counterparts.pos``, held at one point until it is told to go on.

Arguments: a point as ``points.Point`` writes it, then those of the command. At the point it says so on a line of
its own, and waits for one on its standard input; it comes there once.
"""

from __future__ import annotations

import asyncio
import functools
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.doors.contactless.points import HELD, ISSUER, Point

from etui.counterparts.lines import Line
from etui.counterparts.pos import __main__ as command
from etui.counterparts.pos import pcsc


class Hold:
    """Holds at ``point``."""

    def __init__(self, point: Point) -> None:
        self._point = point
        self._asked: Counter[str] = Counter()

    def at(self, *, behind: bool, step: str, number: int) -> None:
        """Waits where this is the point."""
        if (behind, step, number) == (self._point.behind, self._point.step, self._point.number):
            sys.stdout.write(f"{HELD}\n")
            sys.stdout.flush()
            sys.stdin.readline()

    def counted(self, step: str) -> int:
        """How often this step was begun, this time included."""
        self._asked[step] += 1
        return self._asked[step]

    def around(self, sent: Callable[[Any, bytes], bytes]) -> Callable[[Any, bytes], bytes]:
        """The function that sends a card a command, held before or behind it."""

        @functools.wraps(sent)
        def send(connection: Any, apdu: bytes) -> bytes:  # noqa: ANN401  # pyscard has no types
            step = f"{apdu[1]:02X}"
            number = self.counted(step)
            self.at(behind=False, step=step, number=number)
            answer = sent(connection, apdu)
            self.at(behind=True, step=step, number=number)
            return answer

        return send

    def around_issuer(self, asks: Callable[..., Any]) -> Callable[..., Any]:
        """The same of the question to the issuer."""

        @functools.wraps(asks)
        async def ask(*arguments: Any) -> Any:  # noqa: ANN401  # as it is
            number = self.counted(ISSUER)
            await asyncio.to_thread(self.at, behind=False, step=ISSUER, number=number)
            answer = await asks(*arguments)
            await asyncio.to_thread(self.at, behind=True, step=ISSUER, number=number)
            return answer

        return ask


def main() -> int:
    """As the command."""
    hold = Hold(Point.read(sys.argv.pop(1)))
    pcsc._transmit = hold.around(pcsc._transmit)  # type: ignore[assignment]
    Line.ask_now = hold.around_issuer(Line.ask_now)  # type: ignore[method-assign]
    return command.main()


if __name__ == "__main__":
    sys.exit(main())
