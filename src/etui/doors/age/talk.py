"""What age and the plugin say to each other, over the plugin's standard input and output.

Source: C2SP, ``age-plugin.md``, "IPC protocol" and "Phases".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from etui.standards.age import AgeError, Stanza, StanzaReader, encode_stanza

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_LINE_BYTES: Final = 64 << 10
_MAX_COMMANDS: Final = 10_000
_DONE: Final = "done"


class Talk:
    """Both directions."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._reader = StanzaReader()

    def commands(self) -> Iterator[Stanza]:
        """What age says in its own phase, up to ``done``; raises ``AgeError``, ``EOFError``."""
        for _ in range(_MAX_COMMANDS):
            stanza = self._receive()
            if stanza.tag == _DONE:
                return
            yield stanza
        raise AgeError("more commands than anybody needs")

    def tell(self, *arguments: str, body: bytes = b"") -> None:
        """Says something in the plugin's phase and takes the answer, whatever it is: nothing here depends on it."""
        self._send(Stanza(arguments, body))
        self._receive()

    def done(self) -> None:
        """Ends the plugin's phase."""
        self._send(Stanza((_DONE,)))

    def _send(self, stanza: Stanza) -> None:
        self._outgoing.write(encode_stanza(stanza))
        self._outgoing.flush()

    def _receive(self) -> Stanza:
        while True:
            line = self._incoming.readline(_MAX_LINE_BYTES)
            if not line:
                raise EOFError
            stanza = self._reader.line(line)
            if stanza is not None:
                return stanza
