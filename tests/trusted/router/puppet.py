"""An Extension that does what a test tells it: it runs the Python that it is sent, confined like any other."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from tests.trusted.router.strangers import Stranger

from etui.sdk import Client

_CODE = """
import json
import msgspec
from etui.interfaces import Prepared, Request, Result
from etui.interfaces import dialog_1 as dialog
from etui.interfaces import egress_1 as egress
from etui.interfaces import secret_1 as secret
from etui.interfaces import storage_1 as storage
from etui.sdk import Call, Extension, ProtocolError, prepares, provides

class RunResult(Result, frozen=True, kw_only=True):
    METHOD = "org.example.puppet/1.run"
    told: str

class Run(Request[RunResult], frozen=True, kw_only=True):
    METHOD = "org.example.puppet/1.run"
    RESULT = RunResult
    code: str

class Pay(Request[RunResult], frozen=True, kw_only=True):
    METHOD = "org.example.puppet/1.pay"
    RESULT = RunResult
    payee: str
    amount: int
    currency: str
    code: str = ""
    before: str = ""

class Ask(Pay, frozen=True, kw_only=True):
    METHOD = "org.example.puppet/1.ask"

class Order(Request[RunResult], frozen=True, kw_only=True):
    METHOD = "org.example.puppet/1.order"
    RESULT = RunResult
    thing: str
    payee: str | None = None
    amount: int | None = None
    currency: str | None = None
    code: str = ""
    before: str = ""

class Puppet(Extension):
    def perform(self, code, call, request):
        told = []
        try:
            exec(code, {**globals(), "self": self, "call": call, "request": request, "tell": told.append})
        except ProtocolError as error:
            told.append(error.code.slug)
        return RunResult(told=json.dumps(told))

    @provides(Run)
    def run_code(self, request: Run, call: Call) -> RunResult:
        return self.perform(request.code, call, request)

    @provides(Pay)
    def pay(self, request: Pay, call: Call) -> RunResult:
        return self.perform(request.code, call, request)

    @provides(Ask)
    def ask(self, request: Ask, call: Call) -> RunResult:
        return self.perform(request.code, call, request)

    @prepares(Ask)
    def prepare(self, request: Ask, call: Call) -> Prepared:
        settles = {}
        exec(request.before, {**globals(), "self": self, "call": call, "request": request, "settles": settles})
        return Prepared(notes=["Settled: " + ", ".join(sorted(settles))], settles=settles)

    @provides(Order)
    def order(self, request: Order, call: Call) -> RunResult:
        return self.perform(request.code, call, request)

    @prepares(Order)
    def prepare_order(self, request: Order, call: Call) -> Prepared:
        settles, items = {}, {}
        def settle(**fields):
            settles.update({name: msgspec.Raw(msgspec.json.encode(value)) for name, value in fields.items()})
        scope = {**globals(), "self": self, "call": call, "request": request, "settle": settle, "offer": items.update}
        exec(request.before, scope)
        return Prepared(settles=settles, items=items)

Puppet().run()
"""
_PAYMENT: dict[str, Any] = {
    "title": "Pay",
    "ask": "pay {amount} {currency} to {payee}",
    "effect": "use",
    "params": {
        "payee": {"type": "text", "material": True, "policy": "payee", "title": "To"},
        "amount": {"type": "integer", "material": True, "policy": "amount", "title": "Amount", "min": 0},
        "currency": {"type": "text", "material": True, "policy": "currency", "title": "Currency"},
        "code": {"type": "text", "optional": True},
        "before": {"type": "text", "optional": True},
    },
    "result": {"told": {"type": "text"}},
}
ORDER: dict[str, Any] = {
    "title": "Order",
    "ask": "order {thing} for {amount} {currency}",
    "effect": "use",
    "prepare": True,
    "params": {
        "thing": {"type": "text", "material": True, "policy": "thing", "title": "Thing"},
        **{name: {**_PAYMENT["params"][name], "optional": True} for name in ("payee", "amount", "currency")},
        "code": {"type": "text", "optional": True},
        "before": {"type": "text", "optional": True},
    },
    "result": {"told": {"type": "text"}},
}
"""It leaves open what it costs and who is paid: the puppet settles it, by the code in ``before``."""
_METHODS: dict[str, dict[str, Any]] = {
    "run": {
        "title": "Run",
        "effect": "none",
        "params": {"code": {"type": "text"}},
        "result": {"told": {"type": "text"}},
    },
    "pay": _PAYMENT,
    "ask": {**_PAYMENT, "prepare": True},
    "order": ORDER,
}


def puppet(
    name: str = "puppet",
    *,
    uses: tuple[str, ...] = (),
    events: Mapping[str, object] | None = None,
    extra: str = "",
    **methods: Mapping[str, object],
) -> Stranger:
    """A puppet of this name; ``methods``: marks of its methods beside the usual ones."""
    code = _CODE.replace("org.example.puppet", f"org.example.{name}")
    marked = {key: {**method, **methods.get(key, {})} for key, method in _METHODS.items()}
    return Stranger(name, code, marked, uses=uses, extra=extra, events=dict(events or {}))


def code(text: str) -> str:
    """Python for a puppet, from an indented text."""
    return textwrap.dedent(text).strip()


def told(stranger: Stranger, client: Client, text: str) -> str:
    """What the puppet tells, as JSON, when it runs this."""
    return str(stranger.call(client, "run", code=code(text))["told"])
