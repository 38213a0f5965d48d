"""The wallet: the typed Python of ``wallet/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Request, Result

INTERFACE: Final = "wallet/1"

__all__ = [
    "INTERFACE",
    "Allowance",
    "Allowances",
    "AllowancesResult",
    "Amend",
    "AmendResult",
    "Appearance",
    "AppearanceResult",
    "ChangePassphrase",
    "ChangePassphraseResult",
    "ChangePin",
    "ChangePinResult",
    "Create",
    "CreateResult",
    "Dismiss",
    "DismissResult",
    "Document",
    "DocumentResult",
    "DoorDisable",
    "DoorDisableResult",
    "DoorEnable",
    "DoorEnableResult",
    "DoorRow",
    "Doors",
    "DoorsResult",
    "Ends",
    "EndsResult",
    "Export",
    "ExportResult",
    "ExtensionRow",
    "Extensions",
    "ExtensionsResult",
    "Fingerprint",
    "FingerprintResult",
    "Grant",
    "GrantResult",
    "Hello",
    "HelloResult",
    "Install",
    "InstallResult",
    "InterfaceRow",
    "Interfaces",
    "InterfacesResult",
    "Introduce",
    "IntroduceResult",
    "IntroduceWithin",
    "IntroduceWithinResult",
    "LinkRow",
    "Lock",
    "LockResult",
    "Login",
    "LoginKey",
    "LoginKeyResult",
    "LoginResult",
    "LoginUnlock",
    "LoginUnlockOff",
    "LoginUnlockOffResult",
    "LoginUnlockOn",
    "LoginUnlockOnResult",
    "LoginUnlockResult",
    "Pair",
    "PairResult",
    "Prove",
    "ProveResult",
    "Provider",
    "Providers",
    "ProvidersResult",
    "Register",
    "RegisterResult",
    "Remove",
    "RemovePin",
    "RemovePinResult",
    "RemoveResult",
    "ReplaceRecovery",
    "ReplaceRecoveryResult",
    "Revoke",
    "RevokeResult",
    "Set",
    "SetResult",
    "SettingRow",
    "Settings",
    "SettingsResult",
    "Status",
    "StatusResult",
    "Stop",
    "StopResult",
    "Subscribe",
    "SubscribeResult",
    "Unlock",
    "UnlockResult",
    "Verify",
    "VerifyResult",
    "Why",
    "WhyResult",
]


class ExtensionRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An installed Extension."""

    extension: str
    name: str
    publisher: str
    version: str
    provides: list[str]
    uses: list[str]
    permissions: list[str]
    state: str
    installed: int
    links: list[LinkRow] | None = None
    description: str | None = None
    restrictions: list[str] | None = None
    """Its accessibility profile, in sentences."""
    quota_bytes: int | None = None
    transfer: Literal["copyable", "transferable", "bound"] | None = None
    logo: Annotated[bytes, Meta(max_length=65536)] | None = None
    """A PNG of at most 64 KiB and 512 by 512 pixels."""


class LinkRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry that an Extension publishes.

    Who follows it calls `method` of this Extension, with nothing in its params.
    """

    title: str
    text: str | None = None
    method: str
    hidden: bool | None = None
    """The user wants to see it no more."""


class InterfaceRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An interface and who provides it."""

    interface: str
    title: str
    provider: str | None = None


class SettingRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A setting."""

    name: str
    value: str
    title: str | None = None
    """The setting for people, who read its value after that."""
    unit: Literal["seconds", "days"] | None = None
    """What its value counts, 0 for never; absent where it is `on` or `off`."""
    text: str | None = None


class DoorRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A door."""

    door: str
    title: str
    enabled: bool
    state: str
    detail: str | None = None


class Provider(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who provides an interface."""

    provider: str
    name: str
    """For people."""


class Allowance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A lasting right up to an amount, as its own Client is told of it."""

    action: Annotated[str, Meta(max_length=200)]
    only_for: Annotated[str, Meta(max_length=400)] | None = None
    """The one value of the method's scope for which it holds, as a payee."""
    limit_minor: Annotated[int, Meta(ge=0)]
    each_minor: Annotated[int, Meta(ge=0)]
    left_minor: Annotated[int, Meta(ge=0)]
    """What is left of `limit_minor` now."""
    currency: Annotated[str, Meta(max_length=3)]
    period_s: int | None = None
    """Seconds after which the amount begins anew; absent for the whole life of the right."""
    since: int
    until: int | None = None


class HelloResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.hello``."""

    METHOD: ClassVar[str] = "wallet/1.hello"

    version: int
    router: str
    client: str
    label: str
    strength: str
    locked: bool
    test: bool


class Hello(Request[HelloResult], frozen=True, kw_only=True, omit_defaults=True):
    """Begin.

    The first request of every connection. `key` is the X25519 public key of the Client's session; the answer
    says who the Router takes the Client for.
    """

    METHOD: ClassVar[str] = "wallet/1.hello"
    RESULT: ClassVar[type[Result]] = HelloResult

    versions: Annotated[list[int], Meta(max_length=16)]
    key: Annotated[bytes, Meta(max_length=32)] | None = None
    name: Annotated[str, Meta(max_length=200)] | None = None
    apart: bool | None = None
    """To be known by its own run, apart from its terminal: what was allowed to that is nothing to this Client,
    nor the other way round.

    It narrows, so that anybody may say it.
    """


class StatusResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.status``."""

    METHOD: ClassVar[str] = "wallet/1.status"

    state: Literal["none", "locked", "unlocked"]
    installed: str
    display: str
    test: bool
    dialog: str
    notes: list[str]
    unlocked_at: int | None = None
    locks_at: int | None = None
    version: str


class Status(Request[StatusResult], frozen=True, kw_only=True, omit_defaults=True):
    """Status.

    `state` is none (no wallet yet), locked or unlocked.
    """

    METHOD: ClassVar[str] = "wallet/1.status"
    RESULT: ClassVar[type[Result]] = StatusResult


class CreateResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.create``."""

    METHOD: ClassVar[str] = "wallet/1.create"


class Create(Request[CreateResult], frozen=True, kw_only=True, omit_defaults=True):
    """Make the wallet."""

    METHOD: ClassVar[str] = "wallet/1.create"
    RESULT: ClassVar[type[Result]] = CreateResult
    WAITS: ClassVar[bool] = True


class UnlockResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.unlock``."""

    METHOD: ClassVar[str] = "wallet/1.unlock"


class Unlock(Request[UnlockResult], frozen=True, kw_only=True, omit_defaults=True):
    """Unlock."""

    METHOD: ClassVar[str] = "wallet/1.unlock"
    RESULT: ClassVar[type[Result]] = UnlockResult
    WAITS: ClassVar[bool] = True

    recovery: bool | None = None


class LockResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.lock``."""

    METHOD: ClassVar[str] = "wallet/1.lock"


class Lock(Request[LockResult], frozen=True, kw_only=True, omit_defaults=True):
    """Lock."""

    METHOD: ClassVar[str] = "wallet/1.lock"
    RESULT: ClassVar[type[Result]] = LockResult


class ChangePassphraseResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.change_passphrase``."""

    METHOD: ClassVar[str] = "wallet/1.change_passphrase"


class ChangePassphrase(Request[ChangePassphraseResult], frozen=True, kw_only=True, omit_defaults=True):
    """Change the passphrase."""

    METHOD: ClassVar[str] = "wallet/1.change_passphrase"
    RESULT: ClassVar[type[Result]] = ChangePassphraseResult
    WAITS: ClassVar[bool] = True


class ChangePinResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.change_pin``."""

    METHOD: ClassVar[str] = "wallet/1.change_pin"


class ChangePin(Request[ChangePinResult], frozen=True, kw_only=True, omit_defaults=True):
    """Set or change the PIN.

    The PIN confirms again while the wallet is unlocked. The dialog asks for the passphrase and a new PIN.
    `unlocks`: another PIN, which unlocks, where a TPM 2.0 counts the tries.
    """

    METHOD: ClassVar[str] = "wallet/1.change_pin"
    RESULT: ClassVar[type[Result]] = ChangePinResult
    WAITS: ClassVar[bool] = True

    unlocks: bool | None = None


class RemovePinResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.remove_pin``."""

    METHOD: ClassVar[str] = "wallet/1.remove_pin"


class RemovePin(Request[RemovePinResult], frozen=True, kw_only=True, omit_defaults=True):
    """Remove the PIN.

    The passphrase confirms again where the PIN did, or unlocks with `unlocks`. Nothing happens where there
    is none.
    """

    METHOD: ClassVar[str] = "wallet/1.remove_pin"
    RESULT: ClassVar[type[Result]] = RemovePinResult

    unlocks: bool | None = None


class LoginUnlockResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.login_unlock``."""

    METHOD: ClassVar[str] = "wallet/1.login_unlock"

    enabled: bool
    problem: str | None = None


class LoginUnlock(Request[LoginUnlockResult], frozen=True, kw_only=True, omit_defaults=True):
    """Whether the login password unlocks.

    `problem`: why the login password did not unlock this wallet the last time.
    """

    METHOD: ClassVar[str] = "wallet/1.login_unlock"
    RESULT: ClassVar[type[Result]] = LoginUnlockResult


class LoginUnlockOnResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.login_unlock_on``."""

    METHOD: ClassVar[str] = "wallet/1.login_unlock_on"


class LoginUnlockOn(Request[LoginUnlockOnResult], frozen=True, kw_only=True, omit_defaults=True):
    """Unlock at login.

    The login password opens the wallet too, when the system hands a login on. The dialog asks for the
    passphrase and the login password; the one that was set before ends.
    """

    METHOD: ClassVar[str] = "wallet/1.login_unlock_on"
    RESULT: ClassVar[type[Result]] = LoginUnlockOnResult
    WAITS: ClassVar[bool] = True


class LoginUnlockOffResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.login_unlock_off``."""

    METHOD: ClassVar[str] = "wallet/1.login_unlock_off"


class LoginUnlockOff(Request[LoginUnlockOffResult], frozen=True, kw_only=True, omit_defaults=True):
    """Unlock at login no more.

    No login password opens the wallet. Nothing happens where none does.
    """

    METHOD: ClassVar[str] = "wallet/1.login_unlock_off"
    RESULT: ClassVar[type[Result]] = LoginUnlockOffResult


class FingerprintResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.fingerprint``."""

    METHOD: ClassVar[str] = "wallet/1.fingerprint"

    enabled: bool
    problem: str | None = None


class Fingerprint(Request[FingerprintResult], frozen=True, kw_only=True, omit_defaults=True):
    """Whether a finger confirms.

    Whether a finger that fprintd recognises may confirm in place of the PIN (the setting `fingerprint`).
    `problem`: why none could be recognised now.
    """

    METHOD: ClassVar[str] = "wallet/1.fingerprint"
    RESULT: ClassVar[type[Result]] = FingerprintResult
    WAITS: ClassVar[bool] = True


class LoginKeyResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.login_key``."""

    METHOD: ClassVar[str] = "wallet/1.login_key"

    key: Annotated[bytes, Meta(max_length=32)]


class LoginKey(Request[LoginKeyResult], frozen=True, kw_only=True, omit_defaults=True):
    """Whom a login is handed on to.

    The X25519 public key of the vault. From the system's user root alone, at the Router's own socket, where
    the user chose to unlock at login.
    """

    METHOD: ClassVar[str] = "wallet/1.login_key"
    RESULT: ClassVar[type[Result]] = LoginKeyResult


class LoginResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.login``."""

    METHOD: ClassVar[str] = "wallet/1.login"


class Login(Request[LoginResult], frozen=True, kw_only=True, omit_defaults=True):
    """Hand a login on.

    Unlocks with the login key that Argon2id makes of the login password, sealed to the vault for
    `vault.login_key`. From the system's user root alone.
    """

    METHOD: ClassVar[str] = "wallet/1.login"
    RESULT: ClassVar[type[Result]] = LoginResult

    sealed: Annotated[bytes, Meta(max_length=1024)]


class ReplaceRecoveryResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.replace_recovery``."""

    METHOD: ClassVar[str] = "wallet/1.replace_recovery"


class ReplaceRecovery(Request[ReplaceRecoveryResult], frozen=True, kw_only=True, omit_defaults=True):
    """Make a new recovery key."""

    METHOD: ClassVar[str] = "wallet/1.replace_recovery"
    RESULT: ClassVar[type[Result]] = ReplaceRecoveryResult
    WAITS: ClassVar[bool] = True


class AppearanceResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.appearance``."""

    METHOD: ClassVar[str] = "wallet/1.appearance"


class Appearance(Request[AppearanceResult], frozen=True, kw_only=True, omit_defaults=True):
    """Change picture, phrase and colour."""

    METHOD: ClassVar[str] = "wallet/1.appearance"
    RESULT: ClassVar[type[Result]] = AppearanceResult
    WAITS: ClassVar[bool] = True


class EndsResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.ends``."""

    METHOD: ClassVar[str] = "wallet/1.ends"

    key: Annotated[bytes, Meta(max_length=32)]
    provider: str
    only: bool


class Ends(Request[EndsResult], frozen=True, kw_only=True, omit_defaults=True):
    """Session keys of providers.

    The X25519 public key of the provider of an interface, to which a Client seals: of the provider of
    `item`, where one is named, else of the one that `to` names or of the first. `only`: no other provides
    it.
    """

    METHOD: ClassVar[str] = "wallet/1.ends"
    RESULT: ClassVar[type[Result]] = EndsResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    interface: Annotated[str, Meta(max_length=120)]
    item: str | None = None


class ProvidersResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.providers``."""

    METHOD: ClassVar[str] = "wallet/1.providers"

    providers: list[Provider]


class Providers(Request[ProvidersResult], frozen=True, kw_only=True, omit_defaults=True):
    """Who provides an interface.

    The providers of an interface, the one that was installed first to begin with; the member `to` of a
    request names one of them. An Extension is told of those that its manifest names under `uses`.
    """

    METHOD: ClassVar[str] = "wallet/1.providers"
    RESULT: ClassVar[type[Result]] = ProvidersResult

    interface: Annotated[str, Meta(max_length=120)]


class RegisterResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.register``."""

    METHOD: ClassVar[str] = "wallet/1.register"

    quota_bytes: Annotated[int, Meta(ge=0)]


class Register(Request[RegisterResult], frozen=True, kw_only=True, omit_defaults=True):
    """Register.

    The first request of an Extension: its session key and the interfaces that it provides, which its
    manifest must name.
    """

    METHOD: ClassVar[str] = "wallet/1.register"
    RESULT: ClassVar[type[Result]] = RegisterResult

    key: Annotated[bytes, Meta(max_length=32)]
    provides: Annotated[list[Annotated[str, Meta(max_length=120)]], Meta(max_length=32)]


class IntroduceResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.introduce``."""

    METHOD: ClassVar[str] = "wallet/1.introduce"

    peer: str
    client: str
    label: str
    strength: str
    challenge: Annotated[bytes, Meta(max_length=32)] | None = None
    """What this peer signs to prove a pairing, good for one try: for a door to which a namespace is assigned."""


class Introduce(Request[IntroduceResult], frozen=True, kw_only=True, omit_defaults=True):
    """Introduce a peer.

    A door names the process that it speaks for; the Router looks for itself. `peer` then stands in the
    member `for` of the door's requests.
    """

    METHOD: ClassVar[str] = "wallet/1.introduce"
    RESULT: ClassVar[type[Result]] = IntroduceResult

    pid: Annotated[int, Meta(ge=1)]
    uid: Annotated[int, Meta(ge=0)]
    start: Annotated[int, Meta(ge=0)] | None = None
    socket: bool | None = None
    """True: the kernel named the process, at the other end of a socket of the door's.

    Else a message bus did.
    """
    key: Annotated[bytes, Meta(max_length=32)] | None = None


class PairResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.pair``."""

    METHOD: ClassVar[str] = "wallet/1.pair"

    pairing: Annotated[str, Meta(max_length=32)]
    """Of lower-case letters and digits."""


class Pair(Request[PairResult], frozen=True, kw_only=True, omit_defaults=True):
    """Pair a browser.

    Asks the user to pair the browser profile that holds the secret half of `key`; `for` names its native
    host's process, to which it is bound, and which counts as proven at once. Dialog and browser show the
    same six digits of the key. From doors of the namespace `web` alone.
    """

    METHOD: ClassVar[str] = "wallet/1.pair"
    RESULT: ClassVar[type[Result]] = PairResult
    WAITS: ClassVar[bool] = True

    key: Annotated[bytes, Meta(max_length=65)]
    """An uncompressed point of P-256, as WebCrypto exports it `raw`."""
    name: Annotated[str, Meta(max_length=80)]
    """What browser and profile call themselves."""
    about: Annotated[str, Meta(max_length=200)]
    """The id of the browser's extension, as the browser says."""


class ProveResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.prove``."""

    METHOD: ClassVar[str] = "wallet/1.prove"


class Prove(Request[ProveResult], frozen=True, kw_only=True, omit_defaults=True):
    """Prove a pairing.

    The native host's process that `for` names has the key of a pairing, from the same program and by the
    same door as when it was paired. Its challenge is used up by this, whatever comes of it. From doors of
    the namespace `web` alone.
    """

    METHOD: ClassVar[str] = "wallet/1.prove"
    RESULT: ClassVar[type[Result]] = ProveResult

    pairing: Annotated[str, Meta(max_length=32)]
    signature: Annotated[bytes, Meta(max_length=64)]
    """ECDSA on P-256 with SHA-256, r and s of 32 bytes each as WebCrypto gives it, over the ASCII text
    `etui/pairing/1`, a zero byte, the challenge and the pairing's id.
    """


class IntroduceWithinResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.introduce_within``."""

    METHOD: ClassVar[str] = "wallet/1.introduce_within"

    peer: str
    client: str
    label: str
    strength: str


class IntroduceWithin(Request[IntroduceWithinResult], frozen=True, kw_only=True, omit_defaults=True):
    """Introduce a page.

    A page of a paired browser, within the proven native host that `for` names. `peer` then stands in the
    member `for` of the door's requests. From doors of the namespace `web` alone.
    """

    METHOD: ClassVar[str] = "wallet/1.introduce_within"
    RESULT: ClassVar[type[Result]] = IntroduceWithinResult

    name: Annotated[str, Meta(max_length=267)]
    """The page's origin as browsers write it: `https://shop.example`, `https://shop.example:8443`,
    `http://localhost:8000`.
    """
    key: Annotated[bytes, Meta(max_length=32)] | None = None
    """The X25519 key of this page's session, to which results are sealed; without it, the door's own."""


class DismissResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.dismiss``."""

    METHOD: ClassVar[str] = "wallet/1.dismiss"


class Dismiss(Request[DismissResult], frozen=True, kw_only=True, omit_defaults=True):
    """A peer is gone.

    With a native host, all that was introduced within it is gone too.
    """

    METHOD: ClassVar[str] = "wallet/1.dismiss"
    RESULT: ClassVar[type[Result]] = DismissResult

    peer: Annotated[str, Meta(max_length=64)]


class SubscribeResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.subscribe``."""

    METHOD: ClassVar[str] = "wallet/1.subscribe"


class Subscribe(Request[SubscribeResult], frozen=True, kw_only=True, omit_defaults=True):
    """Be told.

    Events come as notifications `event`: `locked`, `unlocked`, `items`.
    """

    METHOD: ClassVar[str] = "wallet/1.subscribe"
    RESULT: ClassVar[type[Result]] = SubscribeResult

    topics: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=16)]


class InterfacesResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.interfaces``."""

    METHOD: ClassVar[str] = "wallet/1.interfaces"

    interfaces: list[InterfaceRow]


class Interfaces(Request[InterfacesResult], frozen=True, kw_only=True, omit_defaults=True):
    """Interfaces."""

    METHOD: ClassVar[str] = "wallet/1.interfaces"
    RESULT: ClassVar[type[Result]] = InterfacesResult


class DocumentResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.document``."""

    METHOD: ClassVar[str] = "wallet/1.document"

    document: str


class Document(Request[DocumentResult], frozen=True, kw_only=True, omit_defaults=True):
    """An interface's document."""

    METHOD: ClassVar[str] = "wallet/1.document"
    RESULT: ClassVar[type[Result]] = DocumentResult

    interface: Annotated[str, Meta(max_length=120)]


class GrantResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.grant``."""

    METHOD: ClassVar[str] = "wallet/1.grant"

    grant: str


class Grant(Request[GrantResult], frozen=True, kw_only=True, omit_defaults=True):
    """Give a lasting right.

    Without `item` it is for everything at one provider of the method's interface: the one that the member
    `to` names, else the first that was installed. A method that settles which item it uses takes a right for
    one item alone.
    """

    METHOD: ClassVar[str] = "wallet/1.grant"
    RESULT: ClassVar[type[Result]] = GrantResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)
    WAITS: ClassVar[bool] = True

    client: Annotated[str, Meta(max_length=400)]
    action: Annotated[str, Meta(max_length=200)]
    item: str | None = None
    only_for: Annotated[str, Meta(max_length=400)] | None = None
    """The one value of the method's scope for which it holds, as a host or a relying party; goes with `item`
    where the method names one.
    """
    uses: Annotated[int, Meta(ge=1)] | None = None
    until: int | None = None
    limit_minor: Annotated[int, Meta(ge=0)] | None = None
    each_minor: Annotated[int, Meta(ge=0)] | None = None
    period_s: Annotated[int, Meta(ge=60)] | None = None
    currency: Annotated[str, Meta(max_length=3)] | None = None


class AmendResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.amend``."""

    METHOD: ClassVar[str] = "wallet/1.amend"

    raised: bool
    """Whether the user was asked."""


class Amend(Request[AmendResult], frozen=True, kw_only=True, omit_defaults=True):
    """Change a lasting right.

    What is absent stays as it is. What lowers a right works at once, without a question; what raises it is
    put to the user. A right without an end or a number of uses is lowered by either; an amount goes with a
    right that has one, in its currency.
    """

    METHOD: ClassVar[str] = "wallet/1.amend"
    RESULT: ClassVar[type[Result]] = AmendResult
    WAITS: ClassVar[bool] = True

    grant: Annotated[str, Meta(max_length=64)]
    until: int | None = None
    uses_left: Annotated[int, Meta(ge=1, le=1000000000)] | None = None
    limit_minor: Annotated[int, Meta(ge=0)] | None = None
    each_minor: Annotated[int, Meta(ge=0)] | None = None
    """Without it, it is lowered with the amount in all where it is higher than that."""


class RevokeResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.revoke``."""

    METHOD: ClassVar[str] = "wallet/1.revoke"

    revoked: Annotated[int, Meta(ge=0)]


class Revoke(Request[RevokeResult], frozen=True, kw_only=True, omit_defaults=True):
    """Take a right back."""

    METHOD: ClassVar[str] = "wallet/1.revoke"
    RESULT: ClassVar[type[Result]] = RevokeResult

    grant: Annotated[str, Meta(max_length=64)] | None = None
    client: Annotated[str, Meta(max_length=400)] | None = None


class AllowancesResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.allowances``."""

    METHOD: ClassVar[str] = "wallet/1.allowances"

    allowances: list[Allowance]


class Allowances(Request[AllowancesResult], frozen=True, kw_only=True, omit_defaults=True):
    """What one may spend oneself.

    The lasting rights up to an amount of the Client that asks, the newest first, and nobody else's: what it
    was given and the user has not taken back. One that is used up is among them, with nothing left.
    """

    METHOD: ClassVar[str] = "wallet/1.allowances"
    RESULT: ClassVar[type[Result]] = AllowancesResult

    action: Annotated[str, Meta(max_length=200)] | None = None
    """Those to this method alone, as `payment/1.pay`."""
    only_for: Annotated[str, Meta(max_length=400)] | None = None
    """Those for this value alone."""


class VerifyResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.verify``."""

    METHOD: ClassVar[str] = "wallet/1.verify"

    ok: bool
    records: int
    findings: list[str]
    rollback: str
    erased: int | None = None
    summary: list[str] | None = None
    """What was found in short: one sentence for each segment of the audit, and for each fault of all of it."""
    remarks: list[str] | None = None
    """What is worth knowing and no fault: an end that no checkpoint confirms, a crash, what retention erased."""
    unconfirmed: int | None = None
    """How many records no checkpoint confirmed: a crash left them so, or they were put in."""


class Verify(Request[VerifyResult], frozen=True, kw_only=True, omit_defaults=True):
    """Verify the audit."""

    METHOD: ClassVar[str] = "wallet/1.verify"
    RESULT: ClassVar[type[Result]] = VerifyResult


class WhyResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.why``."""

    METHOD: ClassVar[str] = "wallet/1.why"

    sentences: list[str]
    policies: list[str]
    said: list[str] | None = None
    """Of each of `policies`, in their order, what it says in words; empty where that is not known."""


class Why(Request[WhyResult], frozen=True, kw_only=True, omit_defaults=True):
    """Explain a decision.

    Explains a decision by its id. A Client's own decision is explained to it freely, as far as it names
    nothing that the Client was refused.
    """

    METHOD: ClassVar[str] = "wallet/1.why"
    RESULT: ClassVar[type[Result]] = WhyResult
    WAITS: ClassVar[bool] = True

    id: Annotated[str, Meta(max_length=32)]


class ExtensionsResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.extensions``."""

    METHOD: ClassVar[str] = "wallet/1.extensions"

    extensions: list[ExtensionRow]


class Extensions(Request[ExtensionsResult], frozen=True, kw_only=True, omit_defaults=True):
    """Extensions.

    `links` are what an Extension publishes: who follows one calls its method as any other, and policy
    decides. With `extension` it is that one alone, with its logo.
    """

    METHOD: ClassVar[str] = "wallet/1.extensions"
    RESULT: ClassVar[type[Result]] = ExtensionsResult

    extension: Annotated[str, Meta(max_length=250)] | None = None


class InstallResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.install``."""

    METHOD: ClassVar[str] = "wallet/1.install"

    extension: str
    version: str


class Install(Request[InstallResult], frozen=True, kw_only=True, omit_defaults=True):
    """Install an Extension.

    Per user the package is the file at `path`. A wallet that the machine runs opens none: the package comes
    by the stream that was handed over under `handed`, and `path` says where the Client has it from.
    """

    METHOD: ClassVar[str] = "wallet/1.install"
    RESULT: ClassVar[type[Result]] = InstallResult
    WAITS: ClassVar[bool] = True

    path: Annotated[str, Meta(max_length=4096)]
    handed: Annotated[str, Meta(max_length=32)] | None = None


class RemoveResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.remove``."""

    METHOD: ClassVar[str] = "wallet/1.remove"


class Remove(Request[RemoveResult], frozen=True, kw_only=True, omit_defaults=True):
    """Remove an Extension."""

    METHOD: ClassVar[str] = "wallet/1.remove"
    RESULT: ClassVar[type[Result]] = RemoveResult
    WAITS: ClassVar[bool] = True

    extension: Annotated[str, Meta(max_length=200)]


class SettingsResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.settings``."""

    METHOD: ClassVar[str] = "wallet/1.settings"

    settings: list[SettingRow]


class Settings(Request[SettingsResult], frozen=True, kw_only=True, omit_defaults=True):
    """Settings."""

    METHOD: ClassVar[str] = "wallet/1.settings"
    RESULT: ClassVar[type[Result]] = SettingsResult


class SetResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.set``."""

    METHOD: ClassVar[str] = "wallet/1.set"


class Set(Request[SetResult], frozen=True, kw_only=True, omit_defaults=True):
    """Change a setting."""

    METHOD: ClassVar[str] = "wallet/1.set"
    RESULT: ClassVar[type[Result]] = SetResult
    WAITS: ClassVar[bool] = True

    name: Annotated[str, Meta(max_length=80)]
    value: Annotated[str, Meta(max_length=400)]


class DoorsResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.doors``."""

    METHOD: ClassVar[str] = "wallet/1.doors"

    doors: list[DoorRow]


class Doors(Request[DoorsResult], frozen=True, kw_only=True, omit_defaults=True):
    """Doors."""

    METHOD: ClassVar[str] = "wallet/1.doors"
    RESULT: ClassVar[type[Result]] = DoorsResult


class DoorEnableResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.door_enable``."""

    METHOD: ClassVar[str] = "wallet/1.door_enable"

    detail: str


class DoorEnable(Request[DoorEnableResult], frozen=True, kw_only=True, omit_defaults=True):
    """Open a door."""

    METHOD: ClassVar[str] = "wallet/1.door_enable"
    RESULT: ClassVar[type[Result]] = DoorEnableResult
    WAITS: ClassVar[bool] = True

    door: Annotated[str, Meta(max_length=80)]


class DoorDisableResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.door_disable``."""

    METHOD: ClassVar[str] = "wallet/1.door_disable"

    detail: str


class DoorDisable(Request[DoorDisableResult], frozen=True, kw_only=True, omit_defaults=True):
    """Close a door."""

    METHOD: ClassVar[str] = "wallet/1.door_disable"
    RESULT: ClassVar[type[Result]] = DoorDisableResult

    door: Annotated[str, Meta(max_length=80)]


class ExportResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.export``."""

    METHOD: ClassVar[str] = "wallet/1.export"


class Export(Request[ExportResult], frozen=True, kw_only=True, omit_defaults=True):
    """Export the wallet.

    Of a wallet that the machine runs, whose files no program of its user reads. The user confirms it with
    the passphrase; the wallet locks, and the archive is then written into the stream that was handed over
    under `handed`.
    """

    METHOD: ClassVar[str] = "wallet/1.export"
    RESULT: ClassVar[type[Result]] = ExportResult
    WAITS: ClassVar[bool] = True

    handed: Annotated[str, Meta(max_length=32)]


class StopResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``wallet/1.stop``."""

    METHOD: ClassVar[str] = "wallet/1.stop"


class Stop(Request[StopResult], frozen=True, kw_only=True, omit_defaults=True):
    """End the wallet."""

    METHOD: ClassVar[str] = "wallet/1.stop"
    RESULT: ClassVar[type[Result]] = StopResult
