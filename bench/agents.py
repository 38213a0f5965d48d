"""``python bench/agents.py OURS PEERS ROUNDS``: asks two SSH agents for the same, by turns; tells the figures.

It is a script of its own, since what cannot be told from other programs of the session has no standing grant.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.figures import calls_of, ratio_of
from bench.scripts import tell
from etui.standards.sshagent import (
    IdentitiesAnswer,
    MessageReader,
    Reply,
    Request,
    RequestIdentities,
    SignRequest,
    SignResponse,
    UserauthMethod,
    UserauthRequest,
    encode_request,
    encode_signed_data,
    frame,
    parse_reply,
    verify_signature,
)

_COUNT = 200
"""Requests of a round."""


class Talk:
    """A connection to an agent."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(30)
        self._socket.connect(str(path))
        self._reader = MessageReader()

    def close(self) -> None:
        """Hangs up."""
        self._socket.close()

    def ask(self, request: Request) -> Reply:
        """The reply to a request."""
        return parse_reply(self.send(frame(encode_request(request))))

    def send(self, message: bytes) -> bytes:
        """The reply to an encoded message, as it came."""
        self._socket.sendall(message)
        while True:
            if replies := self._reader.feed(self._socket.recv(1 << 16)):
                return replies[0]


def main() -> None:
    """Asks both once, to see that they answer alike, and then for the figures."""
    ours, peers = (Talk(Path(path)) for path in sys.argv[1:3])
    rounds = int(sys.argv[3])
    listed = _listed(ours)
    if listed != _listed(peers):
        msg = "the agents do not hold the same keys"
        raise RuntimeError(msg)
    sign, *others = (SignRequest(listed[0], _login(listed[0], n)) for n in range(calls_of(rounds, _COUNT) + 1))
    for talk in (ours, peers):  # with ours, the user says yes for good
        reply = talk.ask(sign)
        if not isinstance(reply, SignResponse):
            raise TypeError(reply)
        verify_signature(sign.key, reply.signature, sign.data)
    for name, want, requests in (
        ("ssh.sign_ratio", 0.5, others),
        ("ssh.list_ratio", 3.0, [RequestIdentities()] * len(others)),
    ):
        messages = [frame(encode_request(request)) for request in requests]
        asking = (_asking(talk, messages) for talk in (ours, peers))
        tell(ratio_of(name, want, *asking, peer="ssh-agent", rounds=rounds, count=_COUNT))


def _listed(talk: Talk) -> list[bytes]:
    reply = talk.ask(RequestIdentities())
    if not isinstance(reply, IdentitiesAnswer):
        raise TypeError(reply)
    return sorted(identity.key for identity in reply.identities)


def _login(key: bytes, number: int) -> bytes:
    """What is signed for the log-in of this number: each has a session of its own."""
    session = b"%032d" % number
    method = UserauthMethod.HOSTBOUND
    return encode_signed_data(UserauthRequest(session, "ada", "ssh-connection", method, "ssh-ed25519", key, key))


def _asking(talk: Talk, messages: Iterable[bytes]) -> Callable[[], object]:
    """Sends the next of the messages each time."""
    coming = iter(messages)
    return lambda: talk.send(next(coming))


if __name__ == "__main__":
    main()
