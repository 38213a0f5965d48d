"""Keys that programs lend to the agent and take back: each is sealed to the Extension that holds it, at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from etui.interfaces import ssh_1 as ssh
from etui.sdk import ProtocolError
from etui.standards.sshagent import AddIdentity, Failure, Success, encode_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.doors.ssh_agent.connection import Connection
    from etui.doors.ssh_agent.door import Door
    from etui.standards.sshagent import Reply

    Answer = Callable[[Reply], None]

Lending: TypeAlias = ssh.Add | ssh.AddCertificate | ssh.Remove | ssh.RemoveAll


def add(door: Door, connection: Connection, request: AddIdentity, answer: Answer) -> None:
    """Lends a key, or a certificate of one that is lent already."""
    message = encode_request(request)

    def lend(item: str) -> None:
        asked: Lending = ssh.Add(label=request.label, request=message)
        if item:
            asked = ssh.AddCertificate(item=item, request=message)
        door.ask(connection, asked, partial(_done, answer), answer, reads=False)

    if request.certificate is None:
        lend("")
    else:
        door.locate(connection, request.key_pair.public_blob(), lend, answer)


def remove(door: Door, connection: Connection, key: bytes, answer: Answer) -> None:
    """Takes a key or a certificate back; nothing is lent to a locked wallet."""

    def take_back(item: str) -> None:
        if item:
            door.ask(connection, ssh.Remove(item=item, key=key), partial(_done, answer), answer)
        else:
            answer(Failure())

    if door.link.locked:
        answer(Failure())
    else:
        door.locate(connection, key, take_back, answer)


def remove_all(door: Door, connection: Connection, answer: Answer) -> None:
    """Takes back all that is lent."""
    if door.link.locked:
        answer(Success())
    else:
        door.ask(connection, ssh.RemoveAll(), partial(_done, answer), answer)


def _done(answer: Answer, result: bytes | ProtocolError) -> None:
    answer(Failure() if isinstance(result, ProtocolError) else Success())
