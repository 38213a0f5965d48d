"""What pages of a browser that is paired with the wallet have its user asked, in the words of the Router."""

from __future__ import annotations

from typing import Final

from etui.trusted.dialog.requests import Asker, Confirm, Effect, ShownField, Strength
from etui.trusted.policy import Limit
from etui.trusted.router.proposing import HOW_TO_END, Proposal
from etui.trusted.router.wording import ALWAYS, HOUR, MONTH, MONTH_S, ONCE, monthly
from pictures.parties import PAYMENTS, SECRETS

_SET: Final = " (set by Payments)"
_CARD: Final = ShownField(
    title=f"Card{_SET}", value="Alpbank …4711 (Payment card, kept by Alpbank Cards)", material=True
)
_KNOWN: Final = "You have paid it, by the same key, since 3 May 2026."


def questions_of_pages() -> dict[str, Confirm]:
    """Each by the name of its picture."""
    return {"page-pay": _payment(), "page-mandate": _mandate(), "page-login": _login()}


def _page(host: str) -> Asker:
    return Asker(
        name=host,
        principal=f"web:https://{host}@7f3a0c21d7e4",
        strength=Strength.OBSERVED,
        sentence=f"The page https://{host}, in Chromium (paired on 3 May 2026).",
        through=("chromium", "browser"),
    )


def _payment() -> Confirm:
    host = "paperweight.example"
    return Confirm(
        asker=_page(host),
        action=f"pay 27.40 EUR to {host} with “Alpbank …4711”",
        digest=bytes(32),
        fields=(
            _CARD,
            ShownField(title=f"To{_SET}", value=host, material=True),
            ShownField(title=f"Amount{_SET}", value="27.40 EUR", material=True),
            ShownField(title="Order", value="2026-11-0044#51d2a0ccf94b3e78", material=True),
            ShownField(title="A yes that lasts", value=f"is for {host}, with any order"),
        ),
        advice=(
            "Two notebooks: 25.00 EUR",
            "A pencil: 2.40 EUR",
            f"Verified: signed by Paperweight, for whom Demo Acquirer vouches. {_KNOWN}",
        ),
        remember=(ONCE, monthly(Limit(currency="EUR", each_minor=2740, total_minor=2740, period_s=MONTH_S))),
        frame=PAYMENTS,
    )


def _mandate() -> Confirm:
    host = "lantern.example"
    proposal = Proposal(
        action="payment/1.pay",
        limit=Limit(currency="EUR", each_minor=500, total_minor=500, period_s=MONTH_S),
        until=0,
    )
    return Confirm(
        asker=_page(host),
        action=f"pay {host} with “Alpbank …4711” without asking you, up to 5.00 EUR every 30 days",
        digest=bytes(32),
        fields=(_CARD, ShownField(title=f"To{_SET}", value=host, material=True), *proposal.shown),
        advice=(
            "Verified: signed by Lantern, for whom Demo Acquirer vouches. You have not paid it before.",
            HOW_TO_END,
        ),
        remember=proposal.choices,
        frame=PAYMENTS,
        effect=Effect.WIDENS,
    )


def _login() -> Confirm:
    host = "my.alpnet.example"
    return Confirm(
        asker=_page(host),
        action="have the password of “Alpnet”",
        digest=bytes(32),
        fields=(
            ShownField(title="Login (set by Secrets)", value="Alpnet (Login, kept by Secrets)", material=True),
            ShownField(title="For", value=host, material=True),
        ),
        advice=("User name: mira",),
        remember=(ONCE, HOUR, MONTH, ALWAYS),
        frame=SECRETS,
    )
