"""Requests that several tests ask."""

from __future__ import annotations

from etui.trusted.dialog.requests import (
    Asker,
    AskSecret,
    ChangeAppearance,
    Choice,
    Choose,
    Confirm,
    Create,
    Frame,
    Message,
    NewLogin,
    NewPassphrase,
    NewPin,
    ReadText,
    RememberChoice,
    Request,
    ShownField,
    Strength,
    Unlock,
)

DIGEST = bytes(range(32))
ASKER = Asker(
    name="Thunderbird",
    principal="exe:/usr/lib/thunderbird/thunderbird",
    strength=Strength.OBSERVED,
    sentence="A program started from your desktop.",
)
FRAME = Frame(extension="alpbank/cards", name="Alpbank Cards", publisher="Alpbank AG")
REMEMBER = (RememberChoice(id="once", label="Just this once"), RememberChoice(id="always", label="Always"))
CONFIRM = Confirm(
    asker=ASKER,
    action="read a password",
    digest=DIGEST,
    fields=(ShownField(title="Password", value="Mail account", material=True),),
    remember=REMEMBER,
)
SEVERAL = Confirm(
    asker=ASKER,
    action="read 2 passwords",
    digest=DIGEST,
    items=(Choice(id="a", label="Mail"), Choice(id="b", label="Calendar")),
)
ONE = Confirm(
    asker=ASKER,
    action="have the password of one login",
    digest=DIGEST,
    items=(Choice(id="a", label="ada"), Choice(id="b", label="grace")),
    one=True,
)
CHOOSE = Choose(
    frame=FRAME, title="Which card?", options=(Choice(id="debit", label="Debit"), Choice(id="credit", label="Credit"))
)
LONG_TEXT = "\n\n".join(f"Paragraph {number}: what it says is said at length." for number in range(1, 120))
SIGN = Confirm(
    asker=ASKER,
    action="sign “Terms” with “Work”",
    digest=DIGEST,
    fields=(ShownField(title="For", value="Alpbank", material=True),),
    reading=ShownField(title="Text", value=LONG_TEXT, material=True),
)
READ = ReadText(frame=FRAME, title="Terms", text=LONG_TEXT)


def all_requests(key: bytes) -> tuple[Request, ...]:
    """One of each kind that needs nothing sealed."""
    return (
        Create(key=key),
        Unlock(key=key),
        Unlock(key=key, wait_s=5.0),
        NewPassphrase(key=key),
        NewPin(key=key),
        NewLogin(key=key),
        CONFIRM,
        SIGN,
        SEVERAL,
        ONE,
        Confirm(asker=ASKER, action="pay", digest=DIGEST, key=key),
        Confirm(asker=ASKER, action="pay", digest=DIGEST, key=key, pin=True),
        CHOOSE,
        AskSecret(frame=FRAME, title="PIN", key=key, digits=True),
        READ,
        Message(title="Backup", text="Is due."),
        ChangeAppearance(),
    )
