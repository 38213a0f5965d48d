"""How often the user may be asked: for each Client, and for all programs together, since their names are free.

Rules:

1. In the long run one question in a period, and a burst of them at once; one that is approved costs nothing.
2. Whom the user silences is silent for a while. Whoever has many names can be silenced by none of them: with the third
   silence at once nobody is asked for.
3. Programs share one budget. What a person types at a terminal has another, which no program's name uses up, and each
   Extension has one, since its name is not free: what it shows or asks takes nothing away from anybody else.
4. Pages of paired browsers share one as well, for names of origins are free to who has a domain; and each has a small
   one of its own within it, so that one page alone does not use it up.

Time is passed in, in monotonic seconds.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Self

from etui.protocol import ErrorCode, ProtocolError

_BURST: Final = 30
_PERIOD_S: Final = 10.0
_EXTENSION_BURST: Final = 20
_EXTENSION_PERIOD_S: Final = 5.0
"""An Extension also shows what is no question."""
_PAGE_BURST: Final = 6
_PAGE_PERIOD_S: Final = 30.0
_SILENCE_S: Final = 600.0
_SILENT_AT_ONCE: Final = 3
"""So many silences at once are one for all."""
_MAX_REMEMBERED: Final = 1000


class PromptBudget:
    """Decides whether one more question may be put to the user."""

    def __init__(self, burst: int = _BURST, period_s: float = _PERIOD_S, *, within: PromptBudget | None = None) -> None:
        """``within``: a larger budget, out of which each of its questions is taken as well."""
        self.all_silent_until = 0.0
        """Until when nobody is asked for, since the user silenced many."""
        self._burst = burst
        self._period_s = period_s
        self._tokens = float(burst)
        self._updated = 0.0
        self._within = within
        self._silent: OrderedDict[str, float] = OrderedDict()

    @classmethod
    def of_extension(cls) -> Self:
        """The budget of one Extension."""
        return cls(_EXTENSION_BURST, _EXTENSION_PERIOD_S)

    def take(self, client: str, now: float, *, payer: PromptBudget | None = None) -> None:
        """Takes one question out of the budget, or out of the ``payer``'s where another asks it for this Client.

        Raises ``ProtocolError`` (``not_now``) for a Client that the user silenced and where the budget is used up.
        """
        self.must_be_heard(client, now)
        (payer or self).spend(now)

    def spend(self, now: float) -> None:
        """Takes one showing out of the budget; raises ``ProtocolError`` (``not_now``) where that is used up."""
        self._tokens = min(self._burst, self._tokens + (now - self._updated) / self._period_s)
        self._updated = now
        if self._tokens < 1.0:
            raise ProtocolError(ErrorCode.NOT_NOW, "too many questions were asked in this session; try again later")
        self._tokens -= 1.0
        if self._within is not None:
            self._within.spend(now)

    def must_be_heard(self, client: str, now: float) -> None:
        """Raises ``ProtocolError`` (``not_now``) for whom the user silenced, maybe while it waited its turn."""
        if now < max(self._silent.get(client, 0.0), self.all_silent_until):
            raise ProtocolError(ErrorCode.NOT_NOW, "the user wants no questions for a while")

    def silence(self, client: str, now: float) -> None:
        """The user wants nothing more from this Client for a while, nor from others where it is one of many."""
        self._silent[client] = now + _SILENCE_S
        while len(self._silent) > _MAX_REMEMBERED:
            self._silent.popitem(last=False)
        if sum(until > now for until in self._silent.values()) >= _SILENT_AT_ONCE:
            self.all_silent_until = now + _SILENCE_S

    def approved(self) -> None:
        """The user was there and said yes: an honest question costs nothing."""
        self._tokens = min(self._burst, self._tokens + 1.0)
        if self._within is not None:
            self._within.approved()


class PageBudgets:
    """The budgets of single pages, of which the ones that are long unused begin anew."""

    def __init__(self) -> None:
        self._budgets: OrderedDict[str, PromptBudget] = OrderedDict()

    def of(self, page: str, pages: PromptBudget) -> PromptBudget:
        """The budget of a page, by its principal, within that of all pages."""
        budget = self._budgets.pop(page, None) or PromptBudget(_PAGE_BURST, _PAGE_PERIOD_S, within=pages)
        self._budgets[page] = budget
        if len(self._budgets) > _MAX_REMEMBERED:
            self._budgets.popitem(last=False)
        return budget
