"""Sample requests, one for each face and state worth a picture: for the gallery."""

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
    Frame,
    Looks,
    Message,
    NewPassphrase,
    ReadText,
    RememberChoice,
    Request,
    Reveal,
    ShownField,
    ShowRecovery,
    Strength,
    Unlock,
)

LOOKS: Final = Looks(picture="lighthouse", phrase="copper lantern orchard", colour="#1f5f8b")
_KEY: Final = bytes(31) + b"\x09"
_MAIL: Final = Asker(
    name="Thunderbird",
    principal="exe:/usr/lib/thunderbird/thunderbird",
    strength=Strength.OBSERVED,
    sentence="A program started from your desktop; other programs of your session could pose as it.",
    through=("Secret Service",),
)
_SHOP: Final = Asker(
    name="shop.example",
    principal="web:https://shop.example@firefox-7f3a",
    strength=Strength.VERIFIED,
    sentence="The website, told by the browser profile that you paired on 3 May.",
    through=("Firefox", "Browser door"),
)
_STRANGER: Final = Asker(
    name="\u0420ayPal-\u202egnp.tool",
    principal="script:/home/mira/Downloads/very/long/path/that/goes/on/and/on/without/any/space/at/all/other.sh",
    strength=Strength.CLAIMED,
    sentence="A script; its name comes from a command line that anyone can write.",
)
_PASSWORDS: Final = Frame(extension="etui/secrets", name="Passwords", publisher="Etui")
_CARDS: Final = Frame(extension="alpbank/cards", name="Alpbank Cards", publisher="Alpbank AG")
_REMEMBER: Final = (
    RememberChoice(id="once", label="Just this once"),
    RememberChoice(id="lock", label="Until the wallet locks"),
    RememberChoice(id="always", label="Always, for this password"),
)
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


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One picture of the gallery: a request and what is done before it is drawn.

    ``typed``: put into the first field. ``steps``: steps of a first run that are passed.
    """

    name: str
    request: Request
    typed: str = ""
    steps: int = 0
    has_looks: bool = True


def samples(sealed: Callable[[str, str], bytes]) -> tuple[Sample, ...]:
    """All samples; ``sealed`` seals a text to the dialog for a field."""
    recovery = sealed("4Q7ZK-81MNB-RT5WX-0D3HJ-Y6CPA-9GFVE-2SQKM-XB4TN", "vault.recovery")
    return (
        *_first_run(recovery),
        *_own(),
        *_framed(sealed("Waldmeister-27!", "dialog/1.reveal.secret")),
    )


def _first_run(recovery: bytes) -> tuple[Sample, ...]:
    create = Create(key=_KEY)
    return (
        Sample(name="create-1-welcome", request=create, has_looks=False),
        Sample(name="create-2-looks", request=create, steps=1, has_looks=False),
        Sample(name="create-3-passphrase", request=create, steps=2, has_looks=False),
        Sample(name="create-4-sharing", request=create, steps=3, has_looks=False),
        Sample(name="recovery-key", request=ShowRecovery(sealed=recovery)),
    )


def _own() -> tuple[Sample, ...]:
    read_password = Confirm(
        asker=_MAIL,
        action="read a password",
        digest=bytes(32),
        fields=(
            ShownField(title="Password", value="Mail account mira@example.org", material=True),
            ShownField(title="Stored", value="12 March, by Thunderbird"),
        ),
        remember=_REMEMBER,
        frame=_PASSWORDS,
    )
    payment = Confirm(
        asker=_SHOP,
        action="be paid",
        digest=bytes(32),
        fields=(
            ShownField(title="Amount", value="49.90 EUR", material=True),
            ShownField(title="To", value="Bücher Mayer, Graz", material=True),
            ShownField(title="With", value="Alpbank debit card ending in 4711"),
        ),
        advice=("Alpbank Cards: left to spend today after this payment: 150.10 EUR.",),
        frame=_CARDS,
        key=_KEY,
    )
    several = Confirm(
        asker=_MAIL,
        action="read 3 passwords",
        digest=bytes(32),
        items=(
            Choice(id="a", label="Mail account mira@example.org"),
            Choice(id="b", label="Calendar of the choir", detail="Stored by Evolution"),
            Choice(id="c", label="Address book"),
        ),
        remember=_REMEMBER[:2],
        frame=_PASSWORDS,
        widening=True,
    )
    stranger = Confirm(
        asker=_STRANGER,
        action="read a password",
        digest=bytes(32),
        fields=(
            ShownField(title="Password", value="www.\u0430\u0440\u0440\u04cf\u0435.example", material=True),
            ShownField(title="Note", value="line one\nline two \x1b[31mred\x1b[0m"),
        ),
        remember=_REMEMBER[:1],
    )
    return (
        Sample(name="unlock", request=Unlock(key=_KEY, asker=_MAIL), typed="orchard copper"),
        Sample(name="unlock-wrong", request=Unlock(key=_KEY, wrong=True, tries_left=4, wait_s=12.0)),
        Sample(name="unlock-recovery", request=Unlock(key=_KEY, recovery=True), typed="4Q7ZK-81MNB"),
        Sample(name="confirm-password", request=read_password),
        Sample(name="confirm-payment", request=payment),
        Sample(name="confirm-several", request=several),
        Sample(name="confirm-stranger", request=stranger),
        Sample(name="new-passphrase", request=NewPassphrase(key=_KEY)),
        Sample(name="appearance", request=ChangeAppearance()),
        Sample(
            name="message",
            request=Message(title="Backup is due", text="The last backup of this wallet is 40 days old."),
        ),
    )


def _framed(revealed: bytes) -> tuple[Sample, ...]:
    cards = (
        Choice(id="debit", label="Debit card ending in 4711", detail="Alpbank, no fee"),
        Choice(id="credit", label="Credit card ending in 0042", detail="Alpbank, 1 % back"),
        Choice(id="gift", label="Gift card", detail="12.50 EUR left"),
    )
    choose = Choose(frame=_CARDS, title="Pay with which card?", text="Bücher Mayer takes all of these.", options=cards)
    pin = AskSecret(frame=_CARDS, title="PIN of the debit card", text="Card ending in 4711.", key=_KEY, digits=True)
    return (
        Sample(name="choose", request=choose),
        Sample(name="ask-secret", request=pin, typed="2743"),
        Sample(name="reveal", request=Reveal(frame=_PASSWORDS, title="Password of the choir", sealed=revealed)),
        Sample(name="read-text", request=ReadText(frame=_CARDS, title="Terms of the card", text=_TERMS, asker=_SHOP)),
    )
