"""The messages, as tagged unions for each direction."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, ClassVar, Final, TypeAlias

import msgspec
from msgspec import Meta

KEYS_BYTES: Final = 96
"""What the Router is handed at unlock: its state key, the audit's key and the header's key, 32 bytes each."""


Number: TypeAlias = Annotated[int, Meta(ge=0, lt=1 << 53)]
"""By which a reply finds its request; what is larger could not be sent back."""


class _Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    CARRIES: ClassVar[bool] = False


def carries(message: object) -> bool:
    """Whether a descriptor travels beside a message of this kind."""
    return isinstance(message, _Message) and message.CARRIES


class Role(Enum):
    """What a process is to the Router."""

    DIALOG = "dialog"
    DOOR = "door"
    EXTENSION = "extension"
    NATIVE = "native"
    """A service of the terminal, by its name: ``native:egress``, ``native:coverage``."""


class Namespace(Enum):
    """Whom a door may speak for beside processes."""

    WEB = "web"
    """Pages, by their origin, within browser profiles that the user paired."""


class Connected(_Message, frozen=True, tag="connected"):
    """To the Router, with a connected socket: the other end is this process.

    ``asserts``: a door's namespace, where it has one.
    """

    CARRIES = True
    role: Role
    name: str
    asserts: Namespace | None = None


class Ended(_Message, frozen=True, tag="ended"):
    """To the Router: a process ended, or could not be started; ``reason`` for people."""

    role: Role
    name: str
    reason: str


class Keys(_Message, frozen=True, tag="keys"):
    """To the Router, with the read end of a pipe that holds ``KEYS_BYTES``."""

    CARRIES = True


class LockNow(_Message, frozen=True, tag="lock_now"):
    """To the Router: end now, in order; ``reason`` goes into the audit."""

    reason: str


UNASKED: Final = 0
"""The number of a reply to nobody, by which the vault says what became of a key that it was to hand out."""


class Reply(_Message, frozen=True, tag="reply"):
    """To the Router: what became of the request ``number``.

    ``code`` is empty for success, else a stable code of the vault or the supervisor. ``value``: what the operation
    gives, as the vault's session key, or a recovery key sealed to the dialog.
    """

    number: Number
    code: str = ""
    message: str = ""
    value: bytes = b""
    tries_left: Annotated[int, Meta(ge=-1, lt=1 << 31)] = -1
    wait_s: Annotated[int, Meta(ge=0, lt=1 << 31)] = 0


class DoorState(_Message, frozen=True, tag="door_state"):
    """To the Router: how a door stands. ``state``: ``off``, ``open`` or ``waiting``; ``detail`` for people."""

    name: str
    title: str
    enabled: bool
    state: str
    detail: str = ""


class Unheard(_Message, frozen=True, tag="unheard"):
    """On to the Router, from the watch over the session: what it cannot hear of here, as a sentence for people.

    From the vault: why it gave an Extension no key.
    """

    note: str


class HandedOver(_Message, frozen=True, tag="handed_over"):
    """To the Router, with a stream that a program handed over: what was asked for by ``TakeHanded``."""

    CARRIES = True
    number: Number


class FingerState(Enum):
    """How it stands with a finger that is waited for. The last two are said once, and nothing after them."""

    WAITING = "waiting"
    AGAIN = "again"
    """A finger was not recognised, and another try is taken."""
    RECOGNISED = "recognised"
    """fprintd says that it is one that this user enrolled; where it was only looked at, that it could say so."""
    OVER = "over"


class FingerSaid(_Message, frozen=True, tag="finger_said"):
    """What became of ``FingerWanted``; ``note``: for people, why it is over, or what fprintd wants of the finger."""

    number: Number
    state: FingerState
    note: str = ""


ToRouter: TypeAlias = Connected | Ended | Keys | LockNow | Reply | DoorState | Unheard | HandedOver | FingerSaid


class VaultOperation(Enum):
    """What the vault does."""

    PUBLIC = "public"
    """Gives the session key to which secrets for the vault are sealed; the message says what of it is not protected."""
    CREATE = "create"
    OPEN = "open"
    RECOVER = "recover"
    CONFIRM = "confirm"
    PIN = "pin"
    """Tells how many PINs may be tried, as ``tries_left``: 0 where it is blocked, -1 where there is none."""
    CONFIRM_BY_PIN = "confirm_by_pin"
    READ_ANCHOR = "read_anchor"
    """Gives what the TPM keeps for the Router."""
    WRITE_ANCHOR = "write_anchor"
    REMOVE_ANCHOR = "remove_anchor"
    UNLOCK_PIN = "unlock_pin"
    """Tells how many PINs the TPM still takes for unlocking, as ``tries_left``, or with a code why it takes none."""
    OPEN_BY_PIN = "open_by_pin"
    SET_UNLOCK_PIN = "set_unlock_pin"
    REMOVE_UNLOCK_PIN = "remove_unlock_pin"
    SET_PIN = "set_pin"
    REMOVE_PIN = "remove_pin"
    OPEN_AT_LOGIN = "open_at_login"
    """Opens with a login key."""
    SET_LOGIN = "set_login"
    REMOVE_LOGIN = "remove_login"
    CHANGE = "change"
    CHANGE_BY_RECOVERY = "change_by_recovery"
    NEW_RECOVERY = "new_recovery"
    """Gives a recovery key that opens nothing before ``KEEP_RECOVERY``, which follows once the user has it."""
    KEEP_RECOVERY = "keep_recovery"
    DESTROY = "destroy"


class VaultAsk(_Message, frozen=True, tag="vault"):
    """From the Router through the supervisor to the vault, unread on the way.

    ``sealed``: a passphrase or recovery key sealed for ``vault.passphrase``; ``sealed_new`` for ``vault.new``. A PIN
    is sealed for ``vault.pin`` in either, a login key for ``vault.login_key`` in the former, a login password for
    ``vault.login`` in the latter. ``dialog_key``: whom a recovery key is sealed to. ``installation``: whose key to
    destroy. ``profile``: at creation. ``anchor``: what the TPM is to keep.
    """

    number: Number
    operation: VaultOperation
    sealed: bytes = b""
    sealed_new: bytes = b""
    dialog_key: bytes = b""
    installation: str = ""
    profile: str = ""
    anchor: bytes = b""


class HandKey(_Message, frozen=True, tag="hand_key"):
    """To the vault, with the write end of a pipe: write the key and close. An empty installation is the Router."""

    CARRIES = True
    installation: str = ""
    publisher: str = ""


ToVault: TypeAlias = VaultAsk | HandKey


class Start(_Message, frozen=True, tag="start"):
    """From the Router: start this Extension, or service of the terminal, and send its connection."""

    number: Number
    role: Role
    name: str


class Stop(_Message, frozen=True, tag="stop"):
    """From the Router: end this Extension, and a spare of it.

    ``by_itself``: it gave its connection up, which counts like an end of its own.
    """

    name: str
    by_itself: bool = False


class PrepareSpares(_Message, frozen=True, tag="prepare_spares"):
    """From the Router: the user is about to be asked for the passphrase; start, without keys, what may be needed then.

    Nothing is replied, and of a spare the Router hears nothing: a ``Start`` uses it or does without.
    """


class Lock(_Message, frozen=True, tag="lock"):
    """From the Router: it is about to end; all that held a key ends with it."""


class DoorSwitch(_Message, frozen=True, tag="door"):
    """From the Router: start or end a door, now and at each start of the wallet."""

    number: Number
    name: str
    enabled: bool


class TakeHanded(_Message, frozen=True, tag="take_handed"):
    """From the Router of a managed wallet: give the stream that a program handed over under this token.

    It comes by ``HandedOver``, before the reply.
    """

    number: Number
    token: str


class ExportLocked(_Message, frozen=True, tag="export_locked"):
    """From the Router of a managed wallet, before it locks: write the archive into the stream of this token then."""

    number: Number
    token: str


class End(_Message, frozen=True, tag="end"):
    """From the Router: end the whole wallet."""


class FingerWanted(_Message, frozen=True, tag="finger_wanted"):
    """From the Router: have fprintd wait for a finger of the person, until it says so or ``FingerUnwanted`` comes.

    ``look``: tell whether it could, and wait for none. ``test``: in a test profile the environment may name the bus.
    """

    number: Number
    look: bool = False
    test: bool = False


class FingerUnwanted(_Message, frozen=True, tag="finger_unwanted"):
    """From the Router: no finger is waited for any more, and the reader is released."""

    number: Number


FromRouter: TypeAlias = (
    Start
    | Stop
    | PrepareSpares
    | Lock
    | DoorSwitch
    | End
    | VaultAsk
    | TakeHanded
    | ExportLocked
    | FingerWanted
    | FingerUnwanted
)


class Away(_Message, frozen=True, tag="away"):
    """From the watch over the session: lock now, since nobody sits there or the machine sleeps; ``reason`` for people.

    Nothing is told of the return: only the user unlocks.
    """

    reason: str


FromSession: TypeAlias = Away | Unheard


class KeysGone(_Message, frozen=True, tag="keys_gone"):
    """To the watch over the session: no process of the wallet holds a key; the machine may sleep."""


ToSession: TypeAlias = KeysGone


class RouterStarted(_Message, frozen=True, tag="router_started"):
    """To the agent of a managed wallet's person: a Router has just started, to which each open door is to connect."""


class DisplayWanted(_Message, frozen=True, tag="display_wanted"):
    """To the agent: a dialog is about to start; say where it is to be shown."""


class OnWayland(_Message, frozen=True, tag="on_wayland"):
    """From the agent, with a connection to the compositor."""

    CARRIES = True


class OnX11(_Message, frozen=True, tag="on_x11"):
    """From the agent: the X server's display, as ``:0``, and the MIT-MAGIC-COOKIE-1 by which it lets a client in."""

    display: Annotated[str, Meta(pattern=r"^:[0-9]{1,4}\Z")]
    cookie: Annotated[bytes, Meta(max_length=64)] = b""


class OnNothing(_Message, frozen=True, tag="on_nothing"):
    """From the agent: there is no display."""


class Stopped(_Message, frozen=True, tag="stopped"):
    """To the agent: the user ended the wallet; come when the user begins anew."""


ToAgent: TypeAlias = DoorSwitch | RouterStarted | DisplayWanted | Stopped
Shown: TypeAlias = OnWayland | OnX11 | OnNothing
OfDoors: TypeAlias = Connected | DoorState | Ended | Reply
"""What is said of doors: to the Router per user, and by the agent of a managed wallet's person."""
FromAgent: TypeAlias = OfDoors | OnWayland | OnX11 | OnNothing
