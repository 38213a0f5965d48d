"""What the Router asks of the Trusted Dialog and what the dialog answers: structured values, never markup.

Over its private socket pair the dialog is sent the request ``dialog.show`` whose params are one ``Showing``; its result
is one ``Answer``. The notification ``dialog.close`` takes a showing away, ``dialog.appearance`` tells it the picture,
phrase and colour, ``dialog.finger`` how it stands with a finger. What a person types travels sealed to the end whose
key the request names, for the field named with it; Router and supervisor relay it unread.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

_Sealed: TypeAlias = Annotated[bytes, Meta(max_length=16 << 10)]
"""Far more than what is typed takes, and so little that whatever is made of it goes over the control channel."""


class _Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="face"):
    pass


class Strength(Enum):
    """How strong the evidence of who asks is."""

    CLAIMED = "claimed"
    OBSERVED = "observed"
    VERIFIED = "verified"


class Asker(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who asks: the name to show, the evidence for it in one sentence, and through whom the question came.

    ``principal`` is the identity that policy uses, shown in full to those who look.
    """

    name: str
    principal: str
    strength: Strength
    sentence: str
    through: tuple[str, ...] = ()


class Frame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The Extension in whose frame a face stands; ``logo`` is a PNG of at most 64 KiB."""

    extension: str
    name: str
    publisher: str
    logo: bytes = b""


class ShownField(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of what is asked: the field's title and its value as text; material ones stand out."""

    title: str
    value: str
    material: bool = False


class RememberChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to "for how long?"; the first that a request offers is the preset."""

    id: str
    label: str


class Choice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to choose."""

    id: str
    label: str
    detail: str = ""


class Create(_Value, frozen=True, tag="create"):
    """First run: picture, phrase and colour, a passphrase, and whether programs of the session share a collection.

    ``key``: the vault's session key. Answered by ``Created``.
    """

    key: bytes


class ShowRecovery(_Value, frozen=True, tag="recovery"):
    """The recovery key, sealed to the dialog for ``vault.recovery``, to be written down or printed once."""

    sealed: bytes


class Unlock(_Value, frozen=True, tag="unlock"):
    """The passphrase, or with ``recovery`` the recovery key, sealed to ``key`` for ``vault.passphrase``.

    With ``pin`` the PIN that unlocks, sealed for ``vault.pin``. ``note``: why it is not asked for where there is one.

    ``purpose``: what an open wallet wants it for, as in "make a new recovery key"; then the passphrase alone serves.
    ``caution``: what that brings with it.
    ``tries_left`` is -1 where no try was wrong. ``wait_s``: no try is taken before that. ``wrong``: the last was wrong.
    """

    key: bytes
    asker: Asker | None = None
    recovery: bool = False
    purpose: str = ""
    caution: str = ""
    pin: bool = False
    note: str = ""
    wrong: bool = False
    tries_left: int = -1
    wait_s: float = 0.0

    @property
    def takes_other(self) -> bool:
        """Whether the user may give the recovery key instead, or the passphrase instead of the PIN."""
        return not self.recovery and not self.purpose


class NewPassphrase(_Value, frozen=True, tag="new_passphrase"):
    """The present passphrase and a new one, sealed to ``key`` for ``vault.passphrase`` and ``vault.new``.

    ``recovered``: the user came in with the recovery key, and is asked for the new one alone.
    """

    key: bytes
    recovered: bool = False
    wrong: bool = False
    tries_left: int = -1


class NewPin(_Value, frozen=True, tag="new_pin"):
    """The passphrase and a new PIN, sealed to ``key`` for ``vault.passphrase`` and ``vault.pin``.

    ``unlocks``: the PIN opens the wallet, with the TPM.
    """

    key: bytes
    unlocks: bool = False
    wrong: bool = False
    tries_left: int = -1


class NewLogin(_Value, frozen=True, tag="new_login"):
    """The passphrase and the login password that opens the wallet too, sealed to ``key``.

    For ``vault.passphrase`` and ``vault.login``.
    """

    key: bytes
    wrong: bool = False
    tries_left: int = -1


class Effect(Enum):
    """What a yes leaves behind, beside what is asked for once."""

    PASSES = "passes"
    WIDENS = "widens"
    CHANGES = "changes"
    DESTROYS = "destroys"


class FingerStage(Enum):
    """How it stands with a finger that may stand for the PIN."""

    ASKED = "asked"
    WAITING = "waiting"
    AGAIN = "again"
    RECOGNISED = "recognised"
    OVER = "over"


class Finger(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What fprintd says of a finger. ``note``: what it wants of it, or why no finger is waited for any more."""

    stage: FingerStage = FingerStage.ASKED
    note: str = ""


class Confirm(_Value, frozen=True, tag="confirm"):
    """Consent to one request. With ``key`` the passphrase is asked again, or with ``pin`` the PIN (assurance ``pin``).

    It is sealed for ``vault.passphrase`` or ``vault.pin``. ``pin_blocked``: too many PINs were wrong, so that the
    passphrase is asked. ``tries_left`` is -1 where none was wrong, or where it is not said.
    ``action`` finishes "NAME wants to …". ``advice``: what the provider's ``prepare`` says of it.
    ``digest``: of the very bytes that will be forwarded; the answer repeats it. ``items``: with several, the user
    may allow some of them, or with ``one`` chooses which one it is. ``effect``: whether somebody may do more
    afterwards, or something is gone for good.
    ``reading``: a text that is shown whole, apart from everything that the wallet says. ``finger``: one that fprintd
    recognises may stand for what is typed; the answer has nothing sealed then, and what it is worth the Router knows.
    """

    asker: Asker
    action: str
    digest: bytes
    fields: tuple[ShownField, ...] = ()
    items: tuple[Choice, ...] = ()
    advice: tuple[str, ...] = ()
    remember: tuple[RememberChoice, ...] = ()
    frame: Frame | None = None
    key: bytes = b""
    pin: bool = False
    pin_blocked: bool = False
    wrong: bool = False
    tries_left: int = -1
    effect: Effect = Effect.PASSES
    reading: ShownField | None = None
    one: bool = False
    finger: Finger | None = None

    @property
    def takes_other(self) -> bool:
        """Whether the user may give the passphrase instead."""
        return self.pin


class Choose(_Value, frozen=True, tag="choose"):
    """An Extension lets the user choose one of several."""

    frame: Frame
    title: str
    text: str = ""
    options: tuple[Choice, ...] = ()


class AskSecret(_Value, frozen=True, tag="ask_secret"):
    """An Extension asks for a PIN or password, sealed to ``key`` for ``dialog/1.ask_secret.secret``."""

    frame: Frame
    title: str
    key: bytes
    text: str = ""
    digits: bool = False


class Reveal(_Value, frozen=True, tag="reveal"):
    """An Extension shows a secret, sealed to the dialog for ``dialog/1.reveal.secret``."""

    frame: Frame
    title: str
    sealed: bytes


class ReadText(_Value, frozen=True, tag="read_text"):
    """A text that is agreed to only after it was shown to its end."""

    frame: Frame
    title: str
    text: str
    asker: Asker | None = None


class Message(_Value, frozen=True, tag="message"):
    """Something to know; in an Extension's frame, or without one from the wallet itself."""

    title: str
    text: str
    frame: Frame | None = None


class ChangeAppearance(_Value, frozen=True, tag="appearance"):
    """The user picks picture, phrase and colour anew; answered by ``Looks``."""


Request: TypeAlias = (
    Create
    | ShowRecovery
    | Unlock
    | NewPassphrase
    | NewPin
    | NewLogin
    | Confirm
    | Choose
    | AskSecret
    | Reveal
    | ReadText
    | Message
    | ChangeAppearance
)


class Showing(msgspec.Struct, frozen=True, kw_only=True):
    """One request with the number by which ``dialog.close`` takes it away."""

    number: Annotated[int, Meta(ge=0)]
    request: Request


class FingerNews(msgspec.Struct, frozen=True, kw_only=True):
    """The notification ``dialog.finger``: how it stands with the finger of the showing with this number."""

    number: Annotated[int, Meta(ge=0)]
    finger: Finger


class Looks(_Value, frozen=True, tag="looks"):
    """What proves the wallet to its user: one of the supplied pictures or a PNG, a phrase, a colour ``#rrggbb``."""

    picture: str
    phrase: str
    colour: str
    image: bytes = b""


class Approved(_Value, frozen=True, tag="approved"):
    """Yes. ``remember`` is the id of a ``RememberChoice``; ``items`` the ids allowed where there were several.

    ``read``: SHA-256 over the UTF-8 of the text that was shown whole, as it was shown, where there was one.
    """

    digest: bytes = b""
    remember: str = ""
    items: tuple[str, ...] = ()
    sealed: _Sealed = b""
    read: bytes = b""


class Refused(_Value, frozen=True, tag="refused"):
    """No, said by the user."""


class Dismissed(_Value, frozen=True, tag="dismissed"):
    """Closed without an answer: not now. ``silence``: and nothing more from this asker for a while."""

    silence: bool = False


class Typed(_Value, frozen=True, tag="typed"):
    """What was typed, sealed; ``sealed_new`` with ``NewPassphrase``, ``NewPin`` and ``NewLogin``.

    ``sealed`` may be empty with the first of these.
    ``use_other``: nothing was typed; the user would rather give the recovery key, or the passphrase instead of the PIN.
    """

    sealed: _Sealed
    sealed_new: _Sealed = b""
    use_other: bool = False


class Chosen(_Value, frozen=True, tag="chosen"):
    """The id of what was chosen."""

    id: str


class Created(_Value, frozen=True, tag="created"):
    """First run done: the passphrase sealed for ``vault.passphrase``.

    ``open_session``: programs of this session share the default collection.
    """

    sealed: _Sealed
    looks: Looks
    open_session: bool = False


Answer: TypeAlias = Approved | Refused | Dismissed | Typed | Chosen | Created | Looks


class Hello(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The dialog's first message, the notification ``dialog.hello``: its session key and what kind of face it is.

    ``display``: ``x11``, ``wayland``, ``terminal``, ``scripted`` or ``none``, with a sentence on what it protects from.
    """

    key: bytes
    display: str
    sentence: str
    protected: bool = False
