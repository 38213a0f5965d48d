"""What policy is asked, and what it answers."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Final

import msgspec

from etui.interfaces import Effect, Value

MAX_INTEGER: Final = (1 << 53) - 1


class Assurance(IntEnum):
    """What the user did for this request, weakest first.

    Nothing; consented in the Trusted Dialog; and had fprintd recognise a finger; or gave the PIN or passphrase.
    """

    NONE = 0
    CONSENT = 1
    FINGERPRINT = 2
    PIN = 3


ASKED: Final = (Assurance.CONSENT, Assurance.FINGERPRINT, Assurance.PIN)
"""What a user can be asked for."""
NUMBERS: Final = {Assurance.NONE: 0, Assurance.CONSENT: 1, Assurance.FINGERPRINT: 1, Assurance.PIN: 2}
"""As policies count it: for one that does not speak of fingers, a finger is no more than a yes."""


class PrincipalType(Enum):
    """The kinds of principal, by their entity type in Cedar."""

    CLIENT = "Client"
    DOOR = "Door"
    EXTENSION = "Extension"


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as policy sees it.

    ``strength``: 1 claimed, 2 observed, 3 verified. ``groups``: names of sets of Clients it belongs to, as in
    ``session`` for every program of the user's session. ``uses``: for an Extension, the interfaces that its manifest
    says it uses, and ``hosts`` those that it says it reaches. ``tellable``: whether it can be told from its
    neighbours, so that a decision can last.
    """

    type: PrincipalType
    id: str
    strength: int
    groups: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    tellable: bool = True


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: an item of an Extension, or the Extension itself.

    ``extension`` is the provider's principal, ``item`` its own id for the item, empty where the request names none.
    An item whose ``kind`` is not known yet is denied, since rules and grants for its kind and group could not be found.
    """

    extension: str
    item: str = ""
    kind: str = ""
    group: str = ""

    @property
    def key(self) -> str:
        """The item's name among all Extensions' items."""
        return f"{self.extension}#{self.item}"


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """The method that is called: ``secret/1.read``, with its interface, its effect and who may call that at all."""

    id: str
    interface: str
    effect: Effect
    callers: str
    own: bool = False


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One request put to policy.

    ``fields``: what the interface marks for policy, by the name that policy knows. ``chain``: the principals between
    the one who began and this one, the first first. ``derived``: an Extension asks this under a call that it serves.
    ``covered``: what is material in it was consented to with that call, or granted. ``given``: what the user did for
    that call, which counts for this one too; it counts for nothing where the call is not derived and covered.
    """

    principal: Principal
    action: Action
    resource: Resource
    fields: dict[str, Value] = {}
    chain: tuple[str, ...] = ()
    derived: bool = False
    covered: bool = False
    given: Assurance = Assurance.NONE


class Outcome(Enum):
    """Allow, put it to the user, or deny."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What policy decided, and by which policies.

    ``assurance``: what the user must do (``ASK``) or did. ``grants``: ids of the grants of which one is needed: none
    where other policies allow it too, and none that is used up by use where there is a lasting one. ``until``: the
    moment (seconds since 1970) after which it must be decided anew; 0 where it may not be kept at all.
    """

    outcome: Outcome
    policies: tuple[str, ...]
    assurance: Assurance = Assurance.NONE
    grants: tuple[str, ...] = ()
    until: float = 0.0
    reason: str = ""


class PolicyError(Exception):
    """A policy is none, or contradicts the schema; the message names the policy and the place in it."""

    code = "policy"
