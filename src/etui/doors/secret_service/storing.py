"""Items that are stored, changed and deleted.

What the Router lets the caller do is done at once; where it would ask the user, the caller gets a prompt if the API has
one for it. In an encrypted session the value travels as it came, under the session's key, which is sealed to the
provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from dbus_fast import Variant

from etui.doors.secret_service.errors import invalid, is_locked
from etui.doors.secret_service.groups import collection_of
from etui.doors.secret_service.lasting import kept_attributes, path_of
from etui.doors.secret_service.placement import check_placement
from etui.doors.secret_service.prompts import NO_ITEM, NO_RESULT, new_prompt
from etui.interfaces import secret_1 as secret
from etui.sdk import ErrorCode, ProtocolError
from etui.standards.secretservice import Secret, SecretFormError, is_wrapped
from etui.standards.secretservice.names import ITEM_ATTRIBUTES, ITEM_LABEL, ITEM_TYPE, NO_OBJECT, SCHEMA_ATTRIBUTE

if TYPE_CHECKING:
    from etui.doors.secret_service.call import Call
    from etui.doors.secret_service.door import Door
    from etui.doors.secret_service.paths import Target
    from etui.doors.secret_service.peers import Peer

_NOTE_SCHEMA: Final = "org.gnome.keyring.Note"


class _Value(msgspec.Struct, frozen=True):
    """A value on its way to the provider: plain, to be sealed on the way, or wrapped under its session's key."""

    value: bytes | None = None
    wrap_key: bytes | None = None
    wrap_iv: bytes | None = None
    wrap_value: bytes | None = None

    def __repr__(self) -> str:
        return "_Value(…)"


async def create_item(call: Call) -> tuple[object, ...]:
    """Answers ``Collection.CreateItem``: the item, or a prompt."""
    target = await collection_of(call)
    door, peer = call.door, call.peer
    if door.is_locked(target.collection):
        raise is_locked()
    properties, given, replace = call.body
    attributes = _attributes(properties)
    sent = _given(given)
    value = _value_of(door, peer, sent)
    request = secret.Create(
        kind="note" if attributes.get(SCHEMA_ATTRIBUTE) == _NOTE_SCHEMA else "password",
        label=str(_property(properties, ITEM_LABEL, "s") or ""),
        attributes=kept_attributes(target.collection, attributes),
        group=target.group or None,
        content_type=sent.content_type or None,
        replace=bool(replace),
        value=value.value,
        wrap_key=value.wrap_key,
        wrap_iv=value.wrap_iv,
        wrap_value=value.wrap_value,
    )
    try:
        created = await door.request(peer, request, quiet=True)
    except ProtocolError as error:
        if error.code is not ErrorCode.DENIED:
            raise

        async def work() -> Variant:
            answer = await door.request(peer, request, unlocks=True, limit_s=None)
            return Variant("o", _stored(door, peer, target, answer))

        return NO_OBJECT, new_prompt(door, peer, work, NO_ITEM)
    return _stored(door, peer, target, created), NO_OBJECT


async def set_secret(call: Call) -> tuple[object, ...]:
    """Answers ``Item.SetSecret``."""
    await _check_usable(call)
    sent = _given(call.body[0])
    value = _value_of(call.door, call.peer, sent)
    request = secret.Update(
        item=call.target.item,
        content_type=sent.content_type or None,
        value=value.value,
        wrap_key=value.wrap_key,
        wrap_iv=value.wrap_iv,
        wrap_value=value.wrap_value,
    )
    await call.door.request(call.peer, request)
    call.door.notices.item_changed(call.peer, call.target.collection_path, call.target.path, {})
    return ()


async def set_label(call: Call, label: str) -> None:
    """Sets an item's property ``Label``."""
    await _check_usable(call)
    await call.door.request(call.peer, secret.Update(item=call.target.item, label=label))
    _changed(call, {"Label": Variant("s", label)})


async def set_attributes(call: Call, attributes: dict[str, str]) -> None:
    """Sets an item's property ``Attributes``."""
    await _check_usable(call)
    kept = kept_attributes(call.target.collection, attributes)
    await call.door.request(call.peer, secret.Update(item=call.target.item, attributes=kept))
    _changed(call, {"Attributes": Variant("a{ss}", attributes)})


async def delete_item(call: Call) -> tuple[object, ...]:
    """Answers ``Item.Delete``: done, or a prompt."""
    door, peer, target = call.door, call.peer, call.target
    if target.collection in door.locks:
        raise is_locked()
    request = secret.Delete(item=target.item)

    def deleted() -> None:
        door.notices.item_deleted(peer, target.collection_path, target.path)

    async def work() -> Variant:
        await check_placement(door, peer, target, unlocks=True, limit_s=None)
        await door.request(peer, request, unlocks=True, limit_s=None)
        deleted()
        return NO_RESULT

    if not door.link.locked:
        try:
            await check_placement(door, peer, target)
            await door.request(peer, request, quiet=True)
        except ProtocolError as error:
            if error.code not in {ErrorCode.DENIED, ErrorCode.LOCKED}:
                raise
        else:
            deleted()
            return (NO_OBJECT,)
    return (new_prompt(door, peer, work, NO_RESULT),)


async def _check_usable(call: Call) -> None:
    if call.door.is_locked(call.target.collection):
        raise is_locked()
    await check_placement(call.door, call.peer, call.target)


def _changed(call: Call, changed: dict[str, Variant]) -> None:
    call.door.notices.item_changed(call.peer, call.target.collection_path, call.target.path, changed)


def _stored(door: Door, peer: Peer, collection: Target, answer: secret.CreateResult) -> str:
    path = path_of(answer.item)
    if answer.replaced:
        door.notices.item_changed(peer, collection.collection_path, path, {})
    else:
        door.notices.item_created(peer, collection.collection_path, path)
    return path


def _given(body: object) -> Secret:
    try:
        return Secret.from_wire(body)
    except SecretFormError as error:
        raise invalid(str(error)) from None


def _value_of(door: Door, peer: Peer, given: Secret) -> _Value:
    """How a value goes to the provider; raises ``DoorError`` where it was not wrapped for its session."""
    session = door.session(peer, given.session)
    if session.key is None:
        return _Value(value=given.value)
    if not is_wrapped(given.parameters, given.value):
        raise invalid("in this session a secret is a vector of 16 bytes and whole blocks of 16 bytes")
    return _Value(wrap_key=session.key, wrap_iv=given.parameters, wrap_value=given.value)


def _attributes(properties: object) -> dict[str, str]:
    given = _property(properties, ITEM_ATTRIBUTES, "a{ss}")
    attributes: dict[str, str] = dict(given) if isinstance(given, dict) else {}
    schema = _property(properties, ITEM_TYPE, "s")
    if schema:
        attributes.setdefault(SCHEMA_ATTRIBUTE, str(schema))
    return attributes


def _property(properties: object, name: str, signature: str) -> object:
    held = properties.get(name) if isinstance(properties, dict) else None
    if held is None:
        return None
    if held.signature != signature:
        raise invalid(f"{name} is of type {signature}, not {held.signature}")
    value: object = held.value
    return value
