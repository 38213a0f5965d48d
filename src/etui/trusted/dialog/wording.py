"""The wallet's own words on each face: headings, buttons and warnings. Plain, calm, no exclamation marks."""

from __future__ import annotations

from typing import Final, assert_never

import msgspec

from etui.trusted.dialog.front import CreateStep, Front, Hindrance, takes_other, wait_left_s
from etui.trusted.dialog.requests import (
    AskSecret,
    ChangeAppearance,
    Choose,
    Confirm,
    Create,
    Effect,
    FingerStage,
    Message,
    NewLogin,
    NewPassphrase,
    NewPin,
    ReadText,
    Request,
    Reveal,
    ShowRecovery,
    Strength,
    Unlock,
)

STRENGTH_WORDS: Final = {
    Strength.VERIFIED: "Verified",
    Strength.OBSERVED: "Observed",
    Strength.CLAIMED: "Only claimed",
}
NEW_LOGIN_CAUTION: Final = (
    "Whoever has a copy of this machine's disk may then guess your login password in place of the passphrase, and who"
    " administers this machine can have it handed on."
)
REMEMBER_WORDS: Final = "For how long"
WHICH_WORDS: Final = "Which of them"
WHICH_ONE_WORDS: Final = "Which one"
LOOK_ALIKE_WORDS: Final = "Look-alikes: characters may not be what they seem."
BOTH_WAYS_WORDS: Final = (
    "The text runs in both directions: words and numbers may stand in another order than they are written."
)
TEST_PROFILE_WORDS: Final = "Test profile: keep nothing of worth in it."
SILENCE_WORDS: Final = "Not now, and quiet for a while"
EXTENSION_SPEAKS_WORDS: Final = "An Extension, not the wallet, speaks here"
EFFECT_WORDS: Final = {
    Effect.WIDENS: ("This allows more than before, until you take it back.",),
    Effect.DESTROYS: ("This cannot be undone.",),
}
FINGER_CAUTION: Final = (
    "A finger may stand for what you type here. That it is yours says fprintd of this machine, and your wallet cannot"
    " check that."
)
_USE_RECOVERY_WORDS: Final = "Use the recovery key instead"
_USE_PASSPHRASE_WORDS: Final = "Use the passphrase instead"  # noqa: S105  words on a button
_PIN_BLOCKED_WORDS: Final = "The PIN was wrong too often. Your passphrase is asked instead, and frees the PIN."


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Heading, lead and buttons of a face; an empty ``refuse`` means that there is no such button."""

    approve: str
    heading: str = ""
    lead: str = ""
    refuse: str = ""
    dismiss: str = "Not now"
    cautions: tuple[str, ...] = ()


def words_of(request: Request) -> Words:  # noqa: C901, PLR0911, PLR0912  a table
    """The wallet's words on the face of this request; without a heading it bears the request's own title."""
    match request:
        case Create():
            return Words(approve="Make the wallet", heading="Make your wallet")
        case ShowRecovery():
            return Words(
                approve="It is written down",
                dismiss="Skip",
                heading="Your recovery key",
                lead="The only way back in if you forget your passphrase. Write it on paper and keep it where you"
                " keep what matters; do not photograph it or store it on this machine. It is shown this once.",
            )
        case Unlock():
            return _unlock(request)
        case NewPassphrase(recovered=True):
            return Words(
                approve="Keep this passphrase",
                heading="Choose a new passphrase",
                lead="You came in with the recovery key. From now on this one opens your wallet, and the forgotten one"
                " does not.",
            )
        case NewPassphrase():
            return Words(
                approve="Change passphrase",
                heading="Change your passphrase",
                lead="The old one stops opening this wallet at once.",
                cautions=_wrong("passphrase", wrong=request.wrong, tries_left=request.tries_left),
            )
        case NewPin(unlocks=True):
            return Words(
                approve="Keep this PIN",
                heading="Choose a PIN that unlocks",
                lead="It opens your wallet on this machine alone, whose TPM counts wrong ones. Your passphrase goes on"
                " to open it everywhere.",
                cautions=_wrong("passphrase", wrong=request.wrong, tries_left=request.tries_left),
            )
        case NewPin():
            return Words(
                approve="Keep this PIN",
                heading="Choose a PIN",
                lead="You confirm with it while your wallet is open, where a yes alone is not enough. It does not"
                " unlock your wallet: only your passphrase does.",
                cautions=_wrong("passphrase", wrong=request.wrong, tries_left=request.tries_left),
            )
        case NewLogin():
            return Words(
                approve="Unlock at login",
                heading="Unlock when you log in",
                lead="Your login password opens your wallet too, whenever you log in to this machine or come back to"
                " its locked screen. The passphrase stays as it is.",
                cautions=(
                    *_wrong("passphrase", wrong=request.wrong, tries_left=request.tries_left),
                    NEW_LOGIN_CAUTION,
                ),
            )
        case Confirm():
            word = "PIN" if request.pin else "passphrase"
            cautions = _wrong(word, wrong=request.wrong, tries_left=request.tries_left)
            cautions += (_PIN_BLOCKED_WORDS,) if request.pin_blocked else ()
            cautions += EFFECT_WORDS.get(request.effect, ())
            cautions += () if request.finger is None else (FINGER_CAUTION,)
            return Words(approve="Allow", refuse="Refuse", cautions=cautions)
        case Choose():
            return Words(approve="Choose")
        case AskSecret():
            return Words(
                approve=f"Send {'PIN' if request.digits else 'it'}",
                cautions=("It goes to this Extension. Never type the passphrase of your wallet here.",),
            )
        case Reveal():
            return Words(approve="Done", dismiss="")
        case ReadText():
            return Words(approve="Agree", refuse="Refuse")
        case Message():
            return Words(approve="OK", dismiss="")
        case ChangeAppearance():
            return Words(
                approve="Keep this",
                heading="How your wallet shows itself",
                lead="Every window of your wallet bears a picture, a colour and a phrase. One that asks for your"
                " passphrase without them is not your wallet.",
            )
        case _:
            assert_never(request)


def _unlock(request: Unlock) -> Words:
    word = "recovery key" if request.recovery else "PIN" if request.pin else "passphrase"
    waits = "" if request.asker is None else "This program waits for it:"
    written = "Type the groups as you wrote them down." if request.recovery else ""
    if request.purpose:
        return Words(
            approve="Confirm",
            heading="Confirm that it is you",
            lead=f"Type your passphrase to {request.purpose}.",
            cautions=(
                *_wrong(word, wrong=request.wrong, tries_left=request.tries_left),
                *filter(None, (request.caution,)),
            ),
        )
    return Words(
        approve="Unlock",
        heading="Unlock with the recovery key" if request.recovery else "Unlock your wallet",
        lead=" ".join(filter(None, (_sentence(request.note), written, waits))),
        cautions=_wrong(word, wrong=request.wrong, tries_left=request.tries_left),
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _wrong(word: str, *, wrong: bool, tries_left: int) -> tuple[str, ...]:
    left = ""
    if tries_left >= 0:
        left = "One try is left." if tries_left == 1 else f"{tries_left} tries are left."
    said = f"That {word} was wrong." if wrong else ""
    both = " ".join(filter(None, (said, left)))
    return (both,) if both else ()


def confirming_words(request: Confirm) -> str:
    """What is typed to confirm a request that asks for more than a yes."""
    return "PIN of your wallet" if request.pin else "Passphrase of your wallet"


def finger_words(front: Front) -> str:
    """How it stands with the finger; empty where none may stand for what is typed."""
    if front.finger is None or not isinstance(front.request, Confirm):
        return ""
    typed = f"your {'PIN' if front.request.pin else 'passphrase'}"
    note = front.finger.note
    match front.finger.stage:
        case FingerStage.ASKED:
            return f"fprintd is asked for your finger. Type {typed} if you would rather."
        case FingerStage.WAITING:
            return f"Touch the fingerprint reader, or type {typed}."
        case FingerStage.AGAIN:
            return f"{note} Or type {typed}."
        case FingerStage.RECOGNISED:
            return "fprintd says that the finger is yours. You have not allowed anything yet."
        case FingerStage.OVER:
            return f"No finger can stand for it ({note}). Type {typed}."


def unlocking_words(request: Unlock) -> str:
    """What is typed to unlock."""
    if request.recovery:
        return "Recovery key"
    return "PIN that unlocks" if request.pin else "Passphrase"


def new_pin_words(request: NewPin) -> str:
    """What a new PIN may be."""
    return "New PIN, 6 to 12 digits" if request.unlocks else NEW_PIN_WORDS


def other_words(request: Request) -> str:
    """What the user may give instead; empty where there is nothing else."""
    if not takes_other(request):
        return ""
    return _USE_RECOVERY_WORDS if isinstance(request, Unlock) and not request.pin else _USE_PASSPHRASE_WORDS


def approve_label(front: Front) -> str:
    """What Approve is called now: the steps of a first run lead on."""
    if front.has_next_step:
        return "Begin" if front.step is CreateStep.WELCOME else "Next"
    return words_of(front.request).approve


def hint(front: Front, hindrance: Hindrance, now: float) -> str:
    """What the person can do about a hindrance; empty where waiting a moment is all."""
    match hindrance:
        case Hindrance.WAITING:
            return f"Next try in {wait_left_s(front, now)} s."
        case Hindrance.UNREAD:
            return "Scroll to the end first."
        case Hindrance.INCOMPLETE:
            return front.entry.problem
        case Hindrance.NOTHING_CHOSEN:
            return "Choose one first." if isinstance(front.request, Choose) else "Nothing is ticked."
        case Hindrance.UNDRESSED:
            return "Pick a picture and a colour, and write a phrase."
        case Hindrance.UNFOCUSED | Hindrance.ARMING:
            return ""


CREATE_STEPS: Final[tuple[tuple[str, str], ...]] = (
    (
        "Welcome",
        "One place for passwords, notes, codes, keys and cards, in four short steps.",
    ),
    (
        "How you know it",
        (
            "Pick a picture, a colour and a phrase. Every window of your wallet bears them, so that you can tell it"
            " from a window that only pretends."
        ),
    ),
    ("Your passphrase", "It opens your wallet, and nobody can reset it."),
    (
        "Programs on this machine",
        ("Many programs store passwords without saying who they are. What may they read once the wallet is open?"),
    ),
)
"""Title and text of each step of a first run."""
WELCOME_PROMISES: Final = (
    ("owl", "It asks you before a program gets anything, and tells you who asks and for what."),
    ("lighthouse", "It shows you a picture and phrase that only your wallet knows, so that you can tell it is real."),
    ("cabin", "It stays on this machine, locked with a passphrase that only you have."),
)
"""What a first run promises, each with a supplied picture."""
GENERATED_WORDS: Final = "These six words are yours if you like. Write them down, then type them again."
REPEAT_WORDS: Final = "The six words again"
REPEAT_OWN_WORDS: Final = "The new passphrase again"
NEW_PIN_WORDS: Final = "New PIN, 4 to 12 digits"
REPEAT_PIN_WORDS: Final = "The new PIN again"
LOGIN_WORDS: Final = "Login password"
REPEAT_LOGIN_WORDS: Final = "The login password again"
SHARING_WORDS: Final = {
    False: ("Guarded", "Each program reaches only what it stored itself; for more it asks you."),
    True: ("Shared", "Every program of this session reads the default collection without asking."),
}
"""Title and text of each answer to the last step, by whether the collection is open to the session."""
