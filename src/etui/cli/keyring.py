"""Another Secret Service on the session bus, read as its client: nothing there is written, made or deleted.

It is read at the connection of its own, whoever has the name ``org.freedesktop.secrets`` then. Secrets cross the bus
encrypted (``dh-ietf1024-sha256-aes128-cbc-pkcs7``); a service without that is not read.

Source: Secret Service API Draft 0.2, https://specifications.freedesktop.org/secret-service/ .
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, InvalidAddressError

from etui.cli.exits import CommandError, Exit
from etui.cli.output import quoted, single_line
from etui.standards.secretservice import (
    EXPONENT_BYTES,
    Algorithm,
    ErrorName,
    KeyPair,
    Secret,
    SecretServiceError,
    unwrap,
)
from etui.standards.secretservice.names import (
    BUS_NAME,
    COLLECTION,
    DEFAULT_ALIAS,
    ITEM,
    NO_OBJECT,
    PROMPT,
    PROPERTIES,
    SERVICE,
    SERVICE_PATH,
    SESSION_ALIAS,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_BUS: Final = "org.freedesktop.DBus"
_BUS_PATH: Final = "/org/freedesktop/DBus"
_GNOME_KEYRING: Final = "org.gnome.keyring"
_LOGIN_ALIAS: Final = "login"
_ANSWER_S: Final = 60.0
_PROMPT_S: Final = 300.0
_GONE: Final = {
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
    ErrorName.NO_REPLY.value,
    "org.freedesktop.DBus.Error.Disconnected",
}
_NO_SUCH: Final = {ErrorName.NO_SUCH_OBJECT.value, ErrorName.UNKNOWN_OBJECT.value, ErrorName.UNKNOWN_METHOD.value}
_VANISHED: Final = "it is not there any more"


class KeyringError(CommandError):
    """The keyring cannot be read, or not any longer."""


class _CallError(KeyringError):
    """The keyring answered with an error, which has a name on the bus."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class Folder(msgspec.Struct, frozen=True):
    """A collection there: its path, its label and the paths of its items.

    ``is_default``: it is where programs store what they do not say a collection for. ``is_session``: its items end with
    the session. ``is_locked``: its items cannot be read.
    """

    path: str
    label: str
    items: tuple[str, ...]
    is_default: bool
    is_session: bool
    is_locked: bool


class Held(msgspec.Struct, frozen=True):
    """An item there. ``missing``: why its value is not here, empty where it is. Times: seconds since 1970, 0: none."""

    label: str
    attributes: dict[str, str]
    schema: str
    created: int
    modified: int
    value: bytes
    content_type: str
    missing: str = ""

    def __repr__(self) -> str:
        return f"Held({self.label!r}, {len(self.value)} bytes)"


class Keyring:
    """A Secret Service that runs. ``pid`` and ``program``: the process behind it, 0 and empty where it is not seen."""

    def __init__(self, bus: MessageBus, owner: str, pid: int) -> None:
        self._bus = bus
        self._owner = owner
        self._session = ""
        self._key = b""
        self.pid = pid
        self.program = _program(pid)

    def __str__(self) -> str:
        return f"{self.program or 'a program'} (process {self.pid})"

    @classmethod
    async def open(cls, name: str, *, own_door: bool) -> Self:
        """The service that has ``name``, or where that is empty the one of this session, with an encrypted session.

        ``own_door``: the session's name is this wallet's own now. Raises ``KeyringError`` where none is there.
        """
        if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
            raise KeyringError("there is no session bus here: DBUS_SESSION_BUS_ADDRESS is not set", Exit.NOT_FOUND)
        try:
            bus = await MessageBus().connect()
        except (OSError, EOFError, ValueError, AuthError, InvalidAddressError) as error:
            raise KeyringError(f"the session bus cannot be reached: {error}") from None
        try:
            owner = await _owner_of(bus, name, own_door=own_door)
            pid = await _call_bus(bus, "GetConnectionUnixProcessID", owner)
            keyring = cls(bus, owner, pid if isinstance(pid, int) else 0)
            await keyring._open_session()
        except BaseException:
            bus.disconnect()
            raise
        return keyring

    def close(self) -> None:
        """Leaves the bus; the session ends with that."""
        self._bus.disconnect()

    async def folders(self) -> list[Folder]:
        """Every collection there, as it is now."""
        (answer,) = await self._call(SERVICE_PATH, PROPERTIES, "Get", "ss", [SERVICE, "Collections"])
        defaults = {await self._alias(alias) for alias in (DEFAULT_ALIAS, _LOGIN_ALIAS)}
        session = await self._alias(SESSION_ALIAS)
        return [await self._folder(path, defaults, session) for path in answer.value]

    async def unlock(self, folder: Folder) -> bool:
        """Has the keyring unlock a collection, by its own prompt where it has one; whether it is unlocked then."""
        unlocked, prompt = await self._call(SERVICE_PATH, SERVICE, "Unlock", "ao", [[folder.path]])
        if prompt != NO_OBJECT:
            await self._prompt(prompt)
        elif folder.path in unlocked:
            return True
        return not await self._is_locked(folder.path)

    async def read(self, folder: Folder, paths: Sequence[str]) -> list[Held]:
        """These items of a collection, in order; raises ``KeyringError`` where it was locked or is gone meanwhile."""
        described = await asyncio.gather(*map(self._describe, paths))
        (answer,) = await self._call(SERVICE_PATH, SERVICE, "GetSecrets", "aoo", [list(paths), self._session])
        held = []
        for path, properties in zip(paths, described, strict=True):
            value, content_type, missing = self._opened(answer.get(path))
            if path not in answer:
                value, content_type, missing = await self._single(folder, path)
            held.append(_held(properties, value, content_type, missing))
        return held

    async def _open_session(self) -> None:
        pair = KeyPair(os.urandom(EXPONENT_BYTES))
        body = [Algorithm.DH.value, Variant("ay", pair.public)]
        try:
            output, self._session = await self._call(SERVICE_PATH, SERVICE, "OpenSession", "sv", body)
            self._key = pair.session_key(bytes(output.value))
        except (_CallError, SecretServiceError, TypeError) as error:
            raise KeyringError(f"secrets are not read in the clear, and no encrypted session opens: {error}") from None

    async def _folder(self, path: str, defaults: set[str], session: str) -> Folder:
        (found,) = await self._call(path, PROPERTIES, "GetAll", "s", [COLLECTION])
        return Folder(
            path=path,
            label=str(_value(found, "Label", "")) or path.rpartition("/")[2],
            items=tuple(_value(found, "Items", [])),
            is_default=path in defaults,
            is_session=path == session or path.endswith("/" + SESSION_ALIAS),
            is_locked=bool(_value(found, "Locked", 0)),
        )

    async def _alias(self, name: str) -> str:
        try:
            (path,) = await self._call(SERVICE_PATH, SERVICE, "ReadAlias", "s", [name])
        except _CallError:
            return NO_OBJECT
        return str(path)

    async def _is_locked(self, path: str) -> bool:
        (answer,) = await self._call(path, PROPERTIES, "Get", "ss", [COLLECTION, "Locked"])
        return bool(answer.value)

    async def _prompt(self, path: str) -> None:
        """Has the keyring ask the user, and waits until it has been answered."""
        completed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def take(message: Message) -> None:
            is_it = (message.sender, message.path, message.member) == (self._owner, path, "Completed")
            if is_it and message.message_type is MessageType.SIGNAL and not completed.done():
                completed.set_result(None)

        rule = f"type='signal',sender='{self._owner}',interface='{PROMPT}',path='{path}'"
        self._bus.add_message_handler(take)
        try:
            await _call_bus(self._bus, "AddMatch", rule)
            await self._call(path, PROMPT, "Prompt", "s", [""])
            await asyncio.wait_for(completed, _PROMPT_S)
        except TimeoutError:
            await self._call(path, PROMPT, "Dismiss", "", [])
        finally:
            self._bus.remove_message_handler(take)

    async def _describe(self, path: str) -> dict[str, Variant] | None:
        try:
            (found,) = await self._call(path, PROPERTIES, "GetAll", "s", [ITEM])
        except _CallError as error:
            if error.name not in _NO_SUCH:
                raise
            return None
        return dict(found)

    async def _single(self, folder: Folder, path: str) -> tuple[bytes, str, str]:
        """The value of an item that did not come with the others, its type, and why there is none."""
        if await self._is_locked(folder.path):
            raise KeyringError(f"the collection {quoted(folder.label)} was locked meanwhile: unlock it", Exit.LOCKED)
        try:
            (secret,) = await self._call(path, ITEM, "GetSecret", "o", [self._session])
        except _CallError as error:
            return b"", "", _VANISHED if error.name in _NO_SUCH else str(error)
        return self._opened(secret)

    def _opened(self, secret: object) -> tuple[bytes, str, str]:
        if secret is None:
            return b"", "", "it was not handed over"
        try:
            given = Secret.from_wire(secret)
            return unwrap(self._key, given.parameters, given.value), given.content_type, ""
        except SecretServiceError as error:
            return b"", "", f"it was handed over in a form that does not open: {error}"

    async def _call(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> list[Any]:
        """What the keyring answers; raises ``_CallError``, and ``KeyringError`` where it is gone."""
        message = Message(
            destination=self._owner, path=path, interface=interface, member=member, signature=signature, body=body
        )
        try:
            reply = await asyncio.wait_for(self._bus.call(message), _ANSWER_S)
        except TimeoutError:
            raise KeyringError(f"{self} does not answer") from None
        except (OSError, EOFError) as error:
            raise KeyringError(f"the session bus hung up: {error}") from None
        if reply.message_type is MessageType.METHOD_RETURN:
            return list(reply.body)
        name = reply.error_name or ""
        if name in _GONE:
            raise KeyringError(f"{self} has ended: start it again")
        text = str(reply.body[0]) if reply.body else name
        raise _CallError(name, single_line(f"{self} answers {member}: {text}"))


async def _owner_of(bus: MessageBus, name: str, *, own_door: bool) -> str:
    """The connection of the keyring that is meant."""
    if own_door and name == BUS_NAME:
        raise KeyringError(f"{BUS_NAME} is this wallet's own: `etui door disable secret-service` gives it back")
    if name:
        owner = name if name.startswith(":") else await _call_bus(bus, "GetNameOwner", name)
        if isinstance(owner, str):
            return owner
        raise KeyringError(f"nobody has the name {single_line(name)} on the session bus", Exit.NOT_FOUND)
    if own_door:
        owner = await _call_bus(bus, "GetNameOwner", _GNOME_KEYRING)
        if isinstance(owner, str):
            return owner
        raise KeyringError(
            f"{BUS_NAME} is this wallet's own, and no other keyring runs: `etui door disable secret-service` gives it "
            "back, then import, and open the door again",
            Exit.NOT_FOUND,
        )
    await _call_bus(bus, "StartServiceByName", BUS_NAME, 0)
    owner = await _call_bus(bus, "GetNameOwner", BUS_NAME)
    if isinstance(owner, str):
        return owner
    raise KeyringError(f"no keyring serves {BUS_NAME} on the session bus, and none is started for it", Exit.NOT_FOUND)


async def _call_bus(bus: MessageBus, member: str, *arguments: str | int) -> object:
    """What the bus itself answers; None for an error."""
    reply = await bus.call(
        Message(
            destination=_BUS,
            path=_BUS_PATH,
            interface=_BUS,
            member=member,
            signature="".join("s" if isinstance(one, str) else "u" for one in arguments),
            body=list(arguments),
        )
    )
    if reply.message_type is not MessageType.METHOD_RETURN:
        return None
    answer: object = reply.body[0] if reply.body else None
    return answer


def _held(properties: dict[str, Variant] | None, value: bytes, content_type: str, missing: str) -> Held:
    found = properties or {}
    return Held(
        label=str(_value(found, "Label", "")),
        attributes=dict(_value(found, "Attributes", {})),
        schema=str(_value(found, "Type", "")),
        created=int(_value(found, "Created", 0)),
        modified=int(_value(found, "Modified", 0)),
        value=value,
        content_type=content_type,
        missing=_VANISHED if properties is None else missing,
    )


def _value(properties: dict[str, Variant], name: str, default: Any) -> Any:  # noqa: ANN401  # as the bus has it
    held = properties.get(name)
    return default if held is None else held.value


def _program(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return ""
