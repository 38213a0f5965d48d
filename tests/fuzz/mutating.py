"""Malformed input from good input: texts that are cut, altered, doubled, nested and garbled; seeded and repeatable.

Everything comes from one ``random.Random``: the same seed makes the same bytes on every machine.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Final

MIB: Final = 1 << 20
_NUMBERS: Final = (
    b"0", b"-1", b"-0", b"1.0", b"1e0", b"1e400", b"01", b"9007199254740991", b"9007199254740992", b"-9007199254740992",
    b"18446744073709551616", b"9" * 4000, b"NaN", b"Infinity", b"0.1", b"2147483648", b"4294967296",
)  # fmt: skip
_TEXTS: Final = (
    b'""', b'"\\u0000"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\xff\xfe"', b'"\xed\xa0\x80"', b'"\xc0\xaf"',
    b'"\\u202egnp.exe"', b'"../../etc/passwd"', b'"\x00"', b'"\\n"', '"\uff21dmin\u200b"'.encode(),
    b'"' + b"A" * 70_000 + b'"',
    b'"r1.' + b"A" * 96 + b'"', b'"{payee}"', b'"<b>&amp;"', b'"\\"; forbid(principal, action, resource);"',
)  # fmt: skip
_VALUES: Final = (
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"[[]]",
    b'[{"a":[{}]}]',
    b'{"":{}}',
    b'{"a":1,"a":2}',
    b"nul",
    b"tru",
)
_BYTES: Final = (
    b"\x00",
    b"\n",
    b"\r",
    b"\xff",
    b"\xc3",
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\x1b",
    b"\x7f",
)

Mutation = Callable[[random.Random, bytes], bytes]


def _place(chance: random.Random, text: bytes) -> int:
    return chance.randrange(len(text) + 1)


def cut(chance: random.Random, text: bytes) -> bytes:
    """Its beginning."""
    return text[: _place(chance, text)]


def cut_out(chance: random.Random, text: bytes) -> bytes:
    """Without a part in the middle."""
    first, last = sorted((_place(chance, text), _place(chance, text)))
    return text[:first] + text[last:]


def flip(chance: random.Random, text: bytes) -> bytes:
    """With some bits the other way round."""
    altered = bytearray(text)
    for _ in range(chance.randint(1, 4) if altered else 0):
        altered[chance.randrange(len(altered))] ^= 1 << chance.randrange(8)
    return bytes(altered)


def insert(chance: random.Random, text: bytes) -> bytes:
    """With a byte that means something, once or more."""
    at = _place(chance, text)
    return text[:at] + chance.choice(_BYTES) * chance.choice((1, 1, 2, 40)) + text[at:]


def double(chance: random.Random, text: bytes) -> bytes:
    """With a part of it twice."""
    first, last = sorted((_place(chance, text), _place(chance, text)))
    return text[:last] + text[first:last] + text[last:]


def _parts(text: bytes, opening: bytes) -> list[int]:
    return [at for at in range(len(text)) if text[at : at + 1] == opening]


def double_key(chance: random.Random, text: bytes) -> bytes:
    """With a member of an object twice, the second time with another value."""
    places = _parts(text, b"{")
    if not places:
        return double(chance, text)
    at = chance.choice(places) + 1
    end = text.find(b":", at)
    key = text[at:end] if end > at else b'"a"'
    return text[:at] + key + b":" + chance.choice(_VALUES) + b"," + text[at:]


def unknown_key(chance: random.Random, text: bytes) -> bytes:
    """With a member that nobody knows."""
    places = _parts(text, b"{")
    if not places:
        return insert(chance, text)
    at = chance.choice(places) + 1
    key = chance.choice((b"__class__", b"", b"\\u0000", b"call", b"for", b"under", b"to", b"quiet", b"prepare"))
    return text[:at] + b'"%b":%b,' % (key, _value(chance)) + text[at:]


def replace_value(chance: random.Random, text: bytes) -> bytes:
    """With another value in the place of one."""
    places = _parts(text, b":")
    if not places:
        return insert(chance, text)
    at = chance.choice(places) + 1
    end = at
    depth = 0
    quoted = False
    while end < len(text):
        byte = text[end : end + 1]
        if byte == b'"' and text[end - 1 : end] != b"\\":
            quoted = not quoted
        elif not quoted and byte in b"{[":
            depth += 1
        elif not quoted and byte in b"}],":
            if depth == 0:
                break
            depth -= byte != b","
        end += 1
    return text[:at] + _value(chance) + text[end:]


def nest(chance: random.Random, text: bytes) -> bytes:
    """With something that nests deep in it."""
    places = _parts(text, b":")
    at = (chance.choice(places) + 1) if places else _place(chance, text)
    depth = chance.choice((31, 32, 33, 40, 200, 2000))
    deep = b"[" * depth + b"]" * depth if chance.random() < 0.5 else b'{"a":' * depth + b"1" + b"}" * depth
    return text[:at] + deep + b"," + text[at:]


def swell(chance: random.Random, text: bytes) -> bytes:
    """Larger than anybody should have to read; rarely more than a frame."""
    size = chance.choice((1000, 20_000, 70_000)) if chance.random() < 0.97 else MIB + 1
    at = _place(chance, text)
    return text[:at] + chance.choice((b"A", b"[", b" ", b"9", b'"', b"\x00")) * size + text[at:]


def _value(chance: random.Random) -> bytes:
    return chance.choice(chance.choice((_NUMBERS, _TEXTS, _VALUES)))


MUTATIONS: Final[Sequence[Mutation]] = (
    cut, cut_out, flip, flip, insert, double, double_key, unknown_key, nest, swell,
    replace_value, replace_value, replace_value,
)  # fmt: skip
"""What can be done to a text; what is here twice is done twice as often."""


def mutated(chance: random.Random, text: bytes, mutations: Sequence[Mutation] = MUTATIONS) -> bytes:
    """A text after one to three mutations, no larger than a little more than a frame."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        text = chance.choice(mutations)(chance, text)
    return text[: MIB + (64 << 10)]


def raw(chance: random.Random) -> bytes:
    """Bytes that mean nothing, or nearly."""
    match chance.randrange(4):
        case 0:
            return chance.randbytes(chance.choice((1, 7, 64, 1000)))
        case 1:
            return bytes(chance.choices(b'{}[]",:\\0123456789eE+-.truefalsn \t', k=chance.randint(1, 300)))
        case 2:
            return b"".join(chance.choice((*_BYTES, *_VALUES, *_NUMBERS[:9])) for _ in range(chance.randint(1, 30)))
        case _:
            return struct.pack(">IHBq", *(chance.randrange(1 << bits) for bits in (32, 16, 8, 62))) * chance.randint(
                1, 9
            )


def writes(chance: random.Random, stream: bytes) -> list[bytes]:
    """A stream of bytes as it is written: at once, or split at odd places, a byte at a time at the least."""
    if len(stream) < 2 or chance.random() < 0.5:
        return [stream]
    places = sorted({chance.randrange(1, len(stream)) for _ in range(chance.choice((1, 2, 5)))})
    return [stream[first:last] for first, last in zip([0, *places], [*places, len(stream)], strict=True)]


class Seeds:
    """Good texts, which malformed ones are made of: those that were recorded, and others from elsewhere.

    ``more``: makes another good text, as from an interface's document. ``formed``: how many of the malformed ones are
    of the right form, and senseless only in what they say.
    """

    def __init__(
        self, recorded: Iterable[bytes], more: Sequence[Callable[[random.Random], bytes]] = (), *, formed: float = 0.2
    ) -> None:
        self._recorded = tuple(recorded)
        self._more = tuple(more)
        self._formed = formed

    def good(self, chance: random.Random) -> bytes:
        """One that is well formed as far as anybody can tell."""
        if self._more and chance.random() < 0.5:
            return chance.choice(self._more)(chance)
        return chance.choice(self._recorded)

    def bad(self, chance: random.Random) -> bytes:
        """One that most often is not."""
        if self._more and chance.random() < self._formed:
            return chance.choice(self._more)(chance)
        if chance.random() < 0.1:
            return raw(chance)
        return mutated(chance, self.good(chance))
