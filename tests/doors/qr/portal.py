"""Who answers as the desktop's portal on a bus, and says what a test has it say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dbus_fast import Message, Variant
from tests.trusted.native.session.desktop import Desktop, Peer

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME: Final = "org.freedesktop.portal.Desktop"
REQUEST: Final = "org.freedesktop.portal.Request"


class Portal(Peer):
    """It has the name. ``version``: of the interface for pictures of the screen; without one it has none."""

    def __init__(self, desktop: Desktop, address: str, version: int | None = 2) -> None:
        super().__init__(desktop, address)
        self._version = version
        desktop.run(self.join())
        self.own(NAME)

    def asked_for_a_picture(self) -> Message:
        """The call, waited for."""
        return self.asked("Screenshot")

    def answer(self, call: Message) -> Message:
        if self._version is None:
            return super().answer(call)
        if call.member == "Get":
            return Message.new_method_return(call, "v", [Variant("u", self._version)])
        return Message.new_method_return(call, "o", [request_of(call)])


def request_of(call: Message) -> str:
    """The object that stands for what was asked."""
    caller = str(call.sender).removeprefix(":").replace(".", "_")
    return f"/org/freedesktop/portal/desktop/request/{caller}/{call.body[1]['handle_token'].value}"


def respond(peer: Peer, call: Message, uri: str, *, to: str | None = None) -> None:
    """Says where the picture is: to all who listen, as portals do, or to one."""
    say(peer, call, "ua{sv}", [0, {"uri": Variant("s", uri)}], to=to)


def say(peer: Peer, call: Message, signature: str, body: Sequence[object], *, to: str | None = None) -> None:
    """Ends what was asked, in whatever form."""
    peer.says(request_of(call), REQUEST, "Response", signature, body, to=to)
