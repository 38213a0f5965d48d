"""What the pictures show: a request for each face and state, and the hands that bring it there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from etui.trusted.dialog.requests import (
    Asker,
    AskSecret,
    ChangeAppearance,
    Choice,
    Choose,
    Confirm,
    Create,
    Effect,
    Frame,
    Looks,
    Message,
    NewLogin,
    NewPassphrase,
    NewPin,
    ReadText,
    RememberChoice,
    Request,
    Reveal,
    ShownField,
    ShowRecovery,
    Strength,
    Unlock,
)
from etui.trusted.policy import Limit
from etui.trusted.router.wording import ALWAYS, HOUR, MONTH, MONTH_S, ONCE, monthly
from pictures.of_pages import questions_of_pages
from pictures.parties import BROWSER, CARDS, GUARD, KEYS, MAIL, PAYMENTS, SECRETS, SHELL, SHOP, STRANGER

LOOKS: Final = Looks(picture="lighthouse", phrase="copper lantern orchard", colour="#1f5f8b")
_KEY: Final = bytes(31) + b"\x09"
_SET: Final = " (set by Payments)"
_TERMS: Final = "\n\n".join(
    f"{number}. {text}"
    for number, text in enumerate(
        (
            "The card is issued by Alpbank AG to the person who applied for it. It stays the bank's property.",
            "Keep your PIN to yourself. The bank never asks for it by mail, telephone or message.",
            "Report a lost card at once. Until then you bear at most 50 euros of what others spend with it.",
            "Payments in another currency are converted at the rate of the day, without a mark-up.",
            "You may end this agreement at any time; the bank may end it with two months' notice.",
            "Disputes are settled where you live. Consumer protection of your country applies in full.",
            "Changes of these terms are sent two months ahead. Without your consent the old ones stay.",
        ),
        start=1,
    )
)
_LEASE: Final = """\
I rent the flat in Gartengasse 7, Graz, from 1 May.

The rent is 700 euros a month, heating included. It is due on the third of each month.

Either of us may end this with three months' notice, in writing.
"""
_FINGERPRINT: Final = "etui-pub:7qxa-i3mk-5tbd-rywh-gzjc-e4vn-m2kq-xt6d"
_OWN_WORDS: Final = "ember fjord 77 anchor beacon"
_NEXT: Final = ("key shift+Tab", "key Return")


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One face in one state.

    ``window``: what hands do at the window, as ``key NAMES`` or ``type TEXT``; ``terminal``: the keys that they press
    at the terminal. ``has_looks``: whether the wallet has a picture, phrase and colour already.
    """

    name: str
    request: Request
    window: tuple[str, ...] = ()
    terminal: tuple[str, ...] = ()
    has_looks: bool = True


def samples(sealed: Callable[[str, str], bytes]) -> tuple[Sample, ...]:
    """All samples; ``sealed`` seals a text to the dialog for a field."""
    recovery = sealed("4Q7ZK-81MNB-RT5WX-0D3HJ-Y6CPA-9GFVE-2SQKM-XB4TN", "vault.recovery")
    return (
        *_first_run(recovery),
        *_own(),
        *_consents(),
        *_framed(sealed("Waldmeister-27!", "dialog/1.reveal.secret")),
    )


def _first_run(recovery: bytes) -> tuple[Sample, ...]:
    create = Create(key=_KEY)
    own = ("key Tab Tab space", f"type {_OWN_WORDS}", "key Return", f"type {_OWN_WORDS}", "key Return")
    own_typed = ("g", "t", _OWN_WORDS, "Enter", _OWN_WORDS, "Enter")
    return (
        Sample(name="create-1-welcome", request=create, has_looks=False),
        Sample(name="create-2-looks", request=create, window=_NEXT, terminal=("y",), has_looks=False),
        Sample(name="create-3-passphrase", request=create, window=_NEXT * 2, terminal=("y", "y"), has_looks=False),
        Sample(
            name="create-4-sharing",
            request=create,
            window=(*_NEXT, *_NEXT, *own),
            terminal=("y", "y", *own_typed),
            has_looks=False,
        ),
        Sample(name="recovery-key", request=ShowRecovery(sealed=recovery)),
    )


def _own() -> tuple[Sample, ...]:
    typed = ("type orchard copper",)
    return (
        Sample(name="unlock", request=Unlock(key=_KEY, asker=MAIL), window=typed, terminal=("orchard copper",)),
        Sample(name="unlock-pin", request=Unlock(key=_KEY, pin=True), window=("type 274306",), terminal=("274306",)),
        Sample(name="unlock-wrong", request=Unlock(key=_KEY, wrong=True, tries_left=4, wait_s=12.0)),
        Sample(
            name="unlock-recovery",
            request=Unlock(key=_KEY, recovery=True),
            window=("type 4Q7ZK-81MNB",),
            terminal=("4Q7ZK-81MNB",),
        ),
        Sample(
            name="unlock-purpose",
            request=Unlock(key=_KEY, asker=SHELL, purpose="make a new recovery key"),
            window=typed,
            terminal=("orchard copper",),
        ),
        Sample(name="new-passphrase", request=NewPassphrase(key=_KEY)),
        Sample(name="new-passphrase-recovered", request=NewPassphrase(key=_KEY, recovered=True)),
        Sample(name="new-pin", request=NewPin(key=_KEY), window=("type orchard copper",)),
        Sample(name="new-pin-unlocks", request=NewPin(key=_KEY, unlocks=True), window=("type orchard copper",)),
        Sample(name="new-login", request=NewLogin(key=_KEY), window=("type orchard copper",)),
        Sample(name="appearance", request=ChangeAppearance()),
    )


def _consents() -> tuple[Sample, ...]:
    read_password = Confirm(
        asker=MAIL,
        action="read “Mail account mira@example.org”",
        digest=bytes(32),
        fields=(ShownField(title="Item", value="Mail account mira@example.org", material=True),),
        remember=(ALWAYS, MONTH, HOUR, ONCE),
        frame=SECRETS,
    )
    payment = Confirm(
        asker=SHOP,
        action="be paid 49.90 EUR by you",
        digest=bytes(32),
        fields=(
            ShownField(title="Amount", value="49.90 EUR", material=True),
            ShownField(title="To", value="Bücher Mayer, Graz", material=True),
            ShownField(title="With", value="Alpbank debit card ending in 4711"),
        ),
        advice=("Alpbank Cards: left to spend today after this payment: 150.10 EUR.",),
        remember=(ONCE,),
        frame=CARDS,
        key=_KEY,
        pin=True,
    )
    several = Confirm(
        asker=MAIL,
        action="read 3 items of Secrets",
        digest=bytes(32),
        items=(
            Choice(id="a", label="Mail account mira@example.org", detail="Login · server: imap.example.org"),
            Choice(id="b", label="Calendar of the choir", detail="Password · application: evolution"),
            Choice(id="c", label="Address book", detail="Password"),
        ),
        remember=(ALWAYS, MONTH, HOUR, ONCE),
        frame=SECRETS,
    )
    stranger = Confirm(
        asker=STRANGER,
        action="read “www.\u0430\u0440\u0440\u04cf\u0435.example”",
        digest=bytes(32),
        fields=(
            ShownField(title="Item", value="www.\u0430\u0440\u0440\u04cf\u0435.example", material=True),
            ShownField(title="Note", value="line one\nline two \x1b[31mred\x1b[0m"),
        ),
        remember=(ONCE,),
    )
    login = Confirm(
        asker=Asker(
            name="ssh",
            principal="app:/usr/bin/ssh",
            strength=Strength.CLAIMED,
            sentence="The program /usr/bin/ssh of your own user, as far as the system shows. It asks through a general"
            " tool, which anything could have started.",
            through=("ssh-agent",),
        ),
        action="log in over SSH with “Work” at mira@SHA256:0xhq1rHGk6Fb3LwQyTnqYt0j7ZLrPDQJ8S0cWZ2zJ0E",
        digest=bytes(32),
        fields=(
            ShownField(title="Key", value="Work", material=True),
            ShownField(title="At", value="mira@SHA256:0xhq1rHGk6Fb3LwQyTnqYt0j7ZLrPDQJ8S0cWZ2zJ0E", material=True),
            ShownField(title="Known as", value="forge.example.org"),
        ),
        remember=(ONCE, HOUR, MONTH, ALWAYS),
        frame=KEYS,
    )
    signed_text = Confirm(
        asker=SHOP,
        action="have you sign “Lease” with “Contracts”",
        digest=bytes(32),
        fields=(
            ShownField(title="Key", value="Contracts", material=True),
            ShownField(title="Title", value="Lease", material=True),
            ShownField(title="For", value="Bücher Mayer, Graz", material=True),
            ShownField(
                title="Attachments",
                value="Name: plan.pdf · Type: application/pdf · Bytes: 48213 · SHA-256: " + "9f86d081884c7d65" * 4,
                material=True,
            ),
        ),
        remember=(ONCE,),
        frame=KEYS,
        reading=ShownField(title="Text", value=_LEASE, material=True),
    )
    subscription = Confirm(
        asker=SHELL,
        action="pay 9.99 EUR to films.example with “Alpbank …4711”",
        digest=bytes(32),
        fields=(
            ShownField(title=f"Card{_SET}", value="Alpbank …4711 (Payment card, kept by Alpbank Cards)", material=True),
            ShownField(title=f"To{_SET}", value="films.example", material=True),
            ShownField(title=f"Amount{_SET}", value="9.99 EUR", material=True),
            ShownField(title="Order", value="2026-11-0042#7e987efa5db673e0", material=True),
            ShownField(title="A yes that lasts", value="is for films.example, with any order"),
        ),
        advice=(
            "A month of films: 9.99 EUR",
            "Verified: signed by Films and More, for whom Demo Acquirer vouches. You have not paid it before.",
        ),
        remember=(ONCE, monthly(Limit(currency="EUR", each_minor=999, total_minor=999, period_s=MONTH_S))),
        frame=PAYMENTS,
    )
    routed = Confirm(
        asker=SHELL,
        action="pay 12.50 EUR to shop.example with “Alpnet …0019”",
        digest=bytes(32),
        fields=(
            ShownField(title=f"Card{_SET}", value="Alpnet …0019 (Payment card, kept by Alpbank Cards)", material=True),
            ShownField(title="To", value="shop.example", material=True),
            ShownField(title="Amount", value="12.50 EUR", material=True),
            ShownField(title="Order", value="2026-11-0043#0fd40c84bfdf02ac", material=True),
            ShownField(
                title=f"Route{_SET}", value="alpnet by “Routes of Alpnet”, in place of alpbank-cards", material=True
            ),
        ),
        advice=(
            "A book: 12.50 EUR",
            "Verified: signed by Books and More, for whom Demo Acquirer vouches. You have not paid it before.",
            "“Routes of Alpnet” says: Demo Acquirer is one of Alpnet's.",
            "Without this route Alpbank …4711 would pay by alpbank-cards; “etui routes off” switches such routes off.",
        ),
        remember=(ONCE,),
        frame=PAYMENTS,
    )
    tap = Confirm(
        asker=SHELL,
        action="use “Alpbank …4711” at a terminal, for one tap",
        digest=bytes(32),
        fields=(
            ShownField(title="With", value="Alpbank …4711", material=True),
            ShownField(title="At most", value="80.00 EUR", material=True),
            ShownField(title="For so many seconds", value="30", material=True),
        ),
        remember=(ONCE,),
        frame=CARDS,
        key=_KEY,
        pin=True,
    )
    return (
        Sample(name="consent", request=read_password),
        Sample(name="pay", request=subscription),
        Sample(name="route", request=routed),
        Sample(name="tap", request=tap),
        *(Sample(name=name, request=question) for name, question in questions_of_pages().items()),
        Sample(name="consent-pin", request=payment),
        Sample(
            name="consent-passphrase",
            request=msgspec.structs.replace(payment, pin=False),
            window=("type orchard",),
        ),
        Sample(name="consent-pin-blocked", request=msgspec.structs.replace(payment, pin=False, pin_blocked=True)),
        Sample(name="consent-several", request=several),
        Sample(name="consent-stranger", request=stranger),
        Sample(name="sign-text", request=signed_text),
        Sample(name="ssh-login", request=login),
        Sample(name="consent-install", request=_install()),
        Sample(name="pair", request=_pair()),
        Sample(name="consent-long", request=_long()),
    )


def _long() -> Confirm:
    """Names of 300 characters and more: shown whole, whatever they hold."""
    name = "The Honourable Society of Long Names and Even Longer Titles " * 5
    asker = Asker(
        name=name.strip(),
        principal="app:/opt/" + "honourable-society-of-long-names/" * 6 + "bin/long",
        strength=Strength.OBSERVED,
        sentence=f"The program {'long/' * 20} of your own user, as far as the system shows.",
        through=("Secret Service", "A door with a name that is longer than a line of this window is wide"),
    )
    return Confirm(
        asker=asker,
        action=f"read “{'W' * 120}”",
        digest=bytes(32),
        fields=(
            ShownField(title="Item", value="x" * 300, material=True),
            ShownField(title="Right to left", value="שלום \u202e123 مرحبا بالعالم", material=True),
        ),
        advice=("An adviser says at length " + "what it says " * 20,),
        remember=(ONCE, RememberChoice(id="long", label="Until " + "the cows come home and " * 12 + "then some")),
        frame=Frame(
            extension="ext:" + "society." * 20 + "names",
            name="Names " * 29 + "Names",
            publisher="society." * 20 + "org",
        ),
        effect=Effect.WIDENS,
    )


def _install() -> Confirm:
    provides = "It provides payment/1. Programs that you allow to can use it through the wallet."
    host = "api.alpbank.example"
    asks = (
        f"It reaches {host} over the network. What it holds could be sent to {host}; the wallet logs each request.",
        "It uses smart card readers. It can talk to every card that you put into a reader.",
        "It keeps up to 16 MiB in the wallet's storage.",
    )
    return Confirm(
        asker=SHELL,
        action="install “Alpbank Cards” 1.2.0 by example.alp",
        digest=bytes(32),
        fields=(
            ShownField(title="Publisher", value="example.alp", material=True),
            ShownField(title="Publisher's key", value=_FINGERPRINT, material=True),
            ShownField(title="In its own words", value="Your Alpbank cards, in the wallet."),
            ShownField(title="Provides", value=provides),
            ShownField(title="Asks for", value="\n".join(asks), material=True),
        ),
        remember=(ONCE,),
        effect=Effect.WIDENS,
    )


def _pair() -> Confirm:
    pages = "its pages ask in their own names, which that browser says"
    return Confirm(
        asker=BROWSER,
        action="pair the browser “Firefox” with this wallet",
        digest=bytes(32),
        fields=(
            ShownField(title="Browser, as it calls itself", value="Firefox", material=True),
            ShownField(title="Its extension", value="browser@etui.example", material=True),
            ShownField(title="The browser shows the code", value="160118", material=True),
            ShownField(title="From then on", value=pages),
        ),
        remember=(ONCE,),
        effect=Effect.WIDENS,
    )


def _framed(revealed: bytes) -> tuple[Sample, ...]:
    offered = (
        Choice(id="debit", label="Debit card ending in 4711", detail="Alpbank, no fee"),
        Choice(id="credit", label="Credit card ending in 0042", detail="Alpbank, 1 % back"),
        Choice(id="gift", label="Gift card", detail="12.50 EUR left"),
    )
    choose = Choose(frame=CARDS, title="Pay with which card?", text="Bücher Mayer takes all of these.", options=offered)
    pin = AskSecret(frame=CARDS, title="PIN of the debit card", text="Card ending in 4711.", key=_KEY, digits=True)
    sent = Message(frame=CARDS, title="Your card is on its way", text="It comes by mail, within five working days.")
    stopped = Message(
        frame=GUARD,
        title="A request was stopped",
        text="harb0ur-books.com wanted to pay 12.50 EUR to harb0ur-books.com.\n\nGuard: “harb0ur-books.com”"
        " looks like “harbour-books.com”, known here since 3 November 2026, and is not the same: it is written with"
        " letters that look the same. If you know that it is honest, “etui guard trust” takes it for itself from then"
        " on.\n\n“etui why d-7K” tells all that is known of it.",
    )
    return (
        Sample(name="message", request=sent),
        Sample(name="stopped", request=stopped),
        Sample(name="choose", request=choose, window=("key Tab space",), terminal=("1",)),
        Sample(name="ask-secret", request=pin, window=("type 2743",), terminal=("2743",)),
        Sample(name="reveal", request=Reveal(frame=SECRETS, title="Password of the choir", sealed=revealed)),
        Sample(name="read-text", request=ReadText(frame=CARDS, title="Terms of the card", text=_TERMS, asker=SHOP)),
    )
