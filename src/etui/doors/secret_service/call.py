"""One call over D-Bus, from its arrival to its one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etui.doors.secret_service.errors import DoorError, door_error

if TYPE_CHECKING:
    from dbus_fast import Message
    from dbus_fast.signature import SignatureTree

    from etui.doors.secret_service.door import Door
    from etui.doors.secret_service.paths import Target
    from etui.doors.secret_service.peers import Peer
    from etui.sdk import ProtocolError


class Call:
    """A call: ``target`` is what its path names, ``body`` its arguments, of the method's signature."""

    __slots__ = ("_message", "_signature", "answered", "door", "peer", "target")

    def __init__(self, door: Door, peer: Peer, message: Message, target: Target, signature: SignatureTree) -> None:
        self.door = door
        self.peer = peer
        self.target = target
        self._message = message
        self._signature = signature
        self.answered = False

    @property
    def body(self) -> list[object]:
        """The arguments."""
        body: list[object] = self._message.body
        return body

    def answer(self, *body: object) -> None:
        """Answers with the method's results."""
        if not self.answered:
            self.answered = True
            self.door.bus.answer(self._message, self._signature, body)

    def fail(self, error: DoorError | ProtocolError) -> None:
        """Answers with an error."""
        if not self.answered:
            self.answered = True
            self.door.bus.fail(self._message, error if isinstance(error, DoorError) else door_error(error))
