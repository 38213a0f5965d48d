"""Serves ``routing/1`` by the operator's table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from etui.extensions.operator.errors import NoRouteError, TableError, UnreachableError
from etui.extensions.operator.table import MAX_BYTES, Payment, Table, read_table
from etui.interfaces import egress_1 as egress
from etui.interfaces import routing_1 as routing
from etui.sdk import Extension, provides

if TYPE_CHECKING:
    from etui.sdk import Call

HOST: Final = "operator.etui.test"
_SUPPLIED: Final = Path(__file__).with_name("table.toml")
_STATE: Final = ("settings", "state")
_TABLE: Final = ("tables", "latest")
_OFF: Final = b"off"
_OK: Final = 200


class Operator(Extension):
    """Routes payments to the merchants of acquirers with which the operator has an agreement."""

    _table: Table

    def begin(self) -> None:
        """Takes the latest table: the one that comes with this version, or a later one that was fetched."""
        self._table = supplied = read_table(_SUPPLIED.read_bytes())
        if (kept := self.store.get(*_TABLE)) is not None:
            self._table = max(supplied, read_table(kept), key=lambda table: table.number)

    @provides(routing.Route)
    def route(self, request: routing.Route, _: Call) -> routing.RouteResult:
        """Answers ``routing/1.route``."""
        agreement = self._table.agreement_for(_payment(request)) if self._is_on else None
        if agreement is None:
            return routing.RouteResult()
        reason = f"{agreement.name} is in the scheme of {self._table.operator}."
        return routing.RouteResult(network=self._table.network, reason=reason)

    @provides(routing.Take)
    def take(self, request: routing.Take, call: Call) -> routing.TakeResult:
        """Answers ``routing/1.take``."""
        is_ours = self._is_on and request.network == self._table.network
        if not is_ours or self._table.agreement_for(_payment(request)) is None:
            raise NoRouteError
        return routing.TakeResult(decision=call.decision or None)

    @provides(routing.Standing)
    def standing(self, _: routing.Standing, __: Call) -> routing.StandingResult:
        """Answers ``routing/1.standing``."""
        return routing.StandingResult(
            operator=self._table.operator,
            networks=[self._table.network],
            state="on" if self._is_on else "off",
            acquirers=len({one.acquirer for one in self._table.agreement}),
            table=str(self._table.number),
        )

    @provides(routing.Switch)
    def switch(self, request: routing.Switch, _: Call) -> routing.SwitchResult:
        """Answers ``routing/1.switch``."""
        self.store.put({_STATE: request.state.encode()})
        return routing.SwitchResult()

    @provides(routing.Refresh)
    def refresh(self, _: routing.Refresh, call: Call) -> routing.RefreshResult:
        """Answers ``routing/1.refresh``."""
        url = f"https://{HOST}/routes.toml"
        answer = call.ask(egress.Fetch(method="GET", host=HOST, url=url, follow=False, max_bytes=MAX_BYTES))
        if answer.status != _OK:
            raise UnreachableError(answer.status)
        fetched = read_table(answer.body)
        if fetched.number < self._table.number:
            raise TableError(f"it is number {fetched.number}, and {self._table.number} is in use")
        self.store.put({_TABLE: answer.body})
        self._table = fetched
        return routing.RefreshResult(table=str(fetched.number))

    @property
    def _is_on(self) -> bool:
        return self.store.get(*_STATE) != _OFF


def _payment(request: routing.Route | routing.Take) -> Payment:
    return Payment(
        acquirer=request.acquirer,
        merchant=request.merchant,
        category=request.category,
        country=request.country,
        amount=request.amount,
        currency=request.currency,
        covered=bool(request.covered),
    )
