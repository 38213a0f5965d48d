"""What is proposed, and what a user may answer: all of it or less, and never more; of any interface."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from tests.interfaces.documents import give
from tests.trusted.router.puppet import puppet, told
from tests.trusted.router.strangers import Stranger

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Envelope
from etui.testkit import TestWallet
from etui.trusted.policy import Limit
from etui.trusted.router.proposing import Proposal

DAY_S = 86_400
NOW = 1_800_000_000


def proposal(each: int, total: int, period_s: int, until: int) -> Proposal:
    limit = Limit(currency="EUR", each_minor=each, total_minor=total, period_s=period_s)
    return Proposal(action="org.example.parking/1.pay", limit=limit, until=until)


@given(
    each=st.integers(1, 10**12),
    more=st.integers(0, 10**12),
    period_s=st.integers(DAY_S, 366 * DAY_S),
    until=st.just(0) | st.integers(NOW + 1, NOW + 10**9),
    asked_s=st.integers(0, 10**6),
)
def test_no_answer_gives_more_than_was_proposed(each: int, more: int, period_s: int, until: int, asked_s: int) -> None:
    whole = proposal(each, each + more, period_s, until)
    for choice in whole.choices:
        right = whole.chosen(choice.id, NOW + asked_s)
        assert right is not None
        assert right.action == whole.action
        assert (right.limit.currency, right.limit.period_s) == ("EUR", period_s)
        assert 0 < right.limit.each_minor <= right.limit.total_minor <= whole.limit.total_minor
        assert right.limit.each_minor <= whole.limit.each_minor
        one_period = NOW + asked_s + period_s
        assert right.until == (until if choice.id != "once" else min(until or one_period, one_period))


def test_what_is_not_offered_gives_nothing() -> None:
    least = proposal(1, 1, DAY_S, 0)
    assert [choice.id for choice in least.choices] == ["proposed", "once"], "there is no half of one cent"
    for answer in ("half", "always", "monthly", "running", ""):
        assert least.chosen(answer, NOW) is None


def test_the_answers_say_in_words_what_they_give() -> None:
    labels = [choice.label for choice in proposal(200, 501, 30 * DAY_S, 0).choices]
    assert labels == [
        "Up to 5.01 EUR every 30 days, until I take it back",
        "Up to 2.50 EUR every 30 days, until I take it back",
        "Up to 5.01 EUR in the next 30 days alone",
    ]
    assert proposal(1, 1, DAY_S, NOW).choices[0].label.startswith("Up to 0.01 EUR every day, until 20")


_METER = """
from etui.interfaces import Prepared, Request, Result
from etui.sdk import Call, Extension, prepares, provides
from msgspec import Raw

class PayResult(Result, frozen=True, kw_only=True):
    pass

class Pay(Request[PayResult], frozen=True, kw_only=True):
    METHOD = "org.example.meter/1.pay"
    RESULT = PayResult
    payee: str
    amount: int
    currency: str

class Give(Request[PayResult], frozen=True, kw_only=True):
    METHOD = "org.example.meter/1.give"
    RESULT = PayResult
    payee: str | None = None

class Meter(Extension):
    @provides(Pay)
    def pay(self, request: Pay, call: Call) -> PayResult:
        return PayResult()

    @prepares(Give)
    def before_give(self, request: Give, call: Call) -> Prepared:
        return Prepared(settles={"payee": Raw(b'"town.example"')} if request.payee is None else {})

Meter().run()
"""
_GIVE = give(ask="feed the meter of {payee}, up to {amount} {currency} every {period_s}")
_PAYEE = {**_GIVE["params"]["payee"], "optional": True}
METER = Stranger(
    "meter",
    _METER,
    {
        "pay": {
            "title": "Pay",
            "effect": "use",
            "params": {name: _GIVE["params"][name] for name in ("payee", "amount", "currency")},
        },
        "give": {**_GIVE, "params": {**_GIVE["params"], "payee": _PAYEE}},
    },
)
AGENT = puppet("agent", uses=(METER.interface,))
TERMS = {"amount": 600, "currency": "EUR", "each": 200, "period_s": DAY_S}


def test_a_strangers_interface_gives_rights_to_a_client_for_itself_alone(wallet: TestWallet) -> None:
    METER.install(wallet)
    AGENT.install(wallet)
    wallet.user.approves(action_contains="feed the meter of town.example, up to 6.00 EUR every day", remember="half")
    with wallet.connect() as client:
        given_ = METER.call(client, "give", **TERMS)
        assert given_ == {"amount": 300, "currency": "EUR", "each": 200, "period_s": DAY_S}

        def pays(**fields: object) -> ErrorCode | int | None:
            params = json.dumps({"payee": "town.example", "amount": 200, "currency": "EUR", **fields}).encode()
            try:
                client.call_raw(f"{METER.interface}.pay", params, Envelope(quiet=True))
            except ProtocolError as refused:
                return refused.code
            return None

        assert pays(payee="other.example") is ErrorCode.DENIED
        assert pays(currency="USD") is ErrorCode.SPENT
        assert [pays(), pays(), pays(amount=100)] == [None, ErrorCode.SPENT, None]
        (mine,) = client.call(wallet_interface.Allowances()).allowances
        assert (mine.action, mine.left_minor) == (f"{METER.interface}.pay", 0)

        asked = len(wallet.user.asked())
        asks = f"""
            class Give(Request[RunResult], frozen=True, kw_only=True):
                METHOD = "{METER.interface}.give"
                RESULT = RunResult
                amount: int
                currency: str
                period_s: int
            for asking in (call.ask, self.call):
                try:
                    asking(Give(amount=600, currency="EUR", period_s={DAY_S}))
                except ProtocolError as error:
                    tell(error.code.slug)
        """
        assert json.loads(told(AGENT, client, asks)) == ["denied", "denied"], "neither under a call nor for itself"
        assert len(wallet.user.asked()) == asked
