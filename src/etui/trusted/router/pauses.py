"""What the user said no to, and for how long the same is not asked again.

Rules:

1. A question that the user refused is not put again to the user, for the same Client, until its pause is over: the
   request is refused at once, and that is on record. Another question of that Client is another question, and so is
   the same one of another Client.
2. The first pause is 10 seconds, since a no may be a slip. After the second no to the same it is 5 minutes, then an
   hour, then half a day, and never longer. A no that comes two days after the last one is a first one.
3. What a person types at a terminal pauses 10 seconds however often: who types it again wants to be asked. A Client
   that cannot be told from its neighbours pauses 5 minutes at most: the next one of that name may be somebody else.
4. A yes to it ends that, the user ends it for a Client (``shell/1.ask_again``), and a lock ends all: it is kept in
   memory alone.
5. A question that is closed without an answer has no pause: that is "not now", and never "no".

Time is passed in, in monotonic seconds.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, TypeAlias

import msgspec

_PAUSES_S: Final = (10.0, 300.0, 3600.0, 43_200.0)
TYPED_S: Final = _PAUSES_S[0]
UNTOLD_S: Final = _PAUSES_S[1]
LONGEST_S: Final = _PAUSES_S[-1]
_FORGOTTEN_S: Final = 2 * 86_400.0
_MAX_REMEMBERED: Final = 1000
_Key: TypeAlias = tuple[str, bytes]


class No(msgspec.Struct, frozen=True):
    """That the user refused a question: how many times in a row, when last, and until when it is not asked again."""

    times: int
    at: float
    until: float


class Pauses:
    """The questions that the user refused, by Client and by what was asked."""

    def __init__(self) -> None:
        self._noes: OrderedDict[_Key, No] = OrderedDict()

    def refused(self, client: str, asked: bytes, now: float, *, longest_s: float = LONGEST_S) -> None:
        """The user said no. ``asked``: a digest of the question as it was shown. ``longest_s``: of its pause."""
        before = self._noes.pop((client, asked), None)
        times = 1 if before is None or now - before.at >= _FORGOTTEN_S else before.times + 1
        pause_s = min(longest_s, _PAUSES_S[min(times, len(_PAUSES_S)) - 1])
        self._noes[client, asked] = No(times, now, now + pause_s)
        while len(self._noes) > _MAX_REMEMBERED:
            self._noes.popitem(last=False)

    def standing(self, client: str, asked: bytes, now: float) -> No | None:
        """The no by which this question is not put to the user now."""
        no = self._noes.get((client, asked))
        return no if no is not None and now < no.until else None

    def approved(self, client: str, asked: bytes) -> None:
        """The user said yes: the next no to it is a first one."""
        self._noes.pop((client, asked), None)

    def longest(self, client: str, now: float) -> No | None:
        """Of what is not asked for a Client now, what is not asked for longest."""
        standing = [no for (name, _), no in self._noes.items() if name == client and now < no.until]
        return max(standing, key=lambda no: no.until, default=None)

    def end(self, client: str, now: float) -> int:
        """Has a Client be asked about as if nothing had been refused to it; how many questions were paused."""
        ended = [(key, no) for key, no in self._noes.items() if key[0] == client]
        for key, _ in ended:
            del self._noes[key]
        return sum(now < no.until for _, no in ended)
