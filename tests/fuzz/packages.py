"""Packages: archives, manifests, signatures and documents of a stranger; read in this process and never unpacked."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec
from tests.fuzz.documents import of_type
from tests.fuzz.mutating import cut, cut_out, double, flip, insert, mutated, raw
from tests.trusted.package.packages import manifest, tree

from etui.interfaces import InterfaceError, read_document, supplied
from etui.interfaces.document import Document
from etui.trusted.package import PackageError, PublisherKey
from etui.trusted.package.archive import File, read_archive, write_archive
from etui.trusted.package.manifest import Manifest, read_manifest
from etui.trusted.package.signature import sign, verify

_IN_ARCHIVES: Final = (cut, cut_out, flip, flip, flip, insert, double)
_TOML: Final = (
    b"provides = [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]\n", b'"" = 1\n', b"[permissions]\nnetwork = [1]\n", b"\xff\n",
    b"[quota]\nbytes = -1\n", b"x = 0x" + b"f" * 5000 + b"\n", b"[[links]]\n", b'name = "\\ud800"\n',
    b"d = 1979-05-27T07:32:00Z\n", b"a.b.c.d = 1\n",
)  # fmt: skip


class Packages:
    """What installing reads before it believes anything."""

    async def begin(self, folder: Path) -> None:
        del folder
        self._key = PublisherKey.generate()
        self._files = tuple(File(path, content) for path, content in tree().items())
        self._archive = write_archive(self._files)
        self._package = sign(self._archive, self._key)
        self._manifest = manifest()
        self._documents = [msgspec.json.encode(interface.document) for interface in supplied().values()]
        self._document = of_type(Document)

    async def feed(self, chance: random.Random, tally: Counter[str], frames: int) -> None:
        for _ in range(frames):
            try:
                chance.choice((self._verify, self._read, self._sign, self._read_manifest, self._read_document))(chance)
            except (PackageError, InterfaceError):
                tally["errors"] += 1
            else:
                tally["taken"] += 1

    def _verify(self, chance: random.Random) -> None:
        """A package with some bytes that are others; only the whole one is one."""
        altered = mutated(chance, self._package, _IN_ARCHIVES) if chance.random() < 0.9 else raw(chance)
        verify(altered)
        assert altered == self._package, "a package that is not what was signed"

    def _read(self, chance: random.Random) -> None:
        """Two archives are never the same files."""
        altered = mutated(chance, self._archive, _IN_ARCHIVES)
        assert write_archive(read_archive(altered)) == altered

    def _sign(self, chance: random.Random) -> None:
        """Files of any name and content: what may be signed may be installed."""
        names = (
            "a",
            "a/b",
            "../x",
            "/etc/passwd",
            "a//b",
            ".",
            "é",
            "x" * 101,
            "manifest.toml",
            "signature.json",
            "a\0",
            "con ",
        )
        more = [
            File(chance.choice(names), raw(chance), executable=chance.random() < 0.5)
            for _ in range(chance.randint(1, 3))
        ]
        verify(sign(write_archive((*self._files, *more)), self._key))

    def _read_manifest(self, chance: random.Random) -> None:
        text = self._manifest + chance.choice(_TOML) if chance.random() < 0.3 else mutated(chance, self._manifest)
        assert isinstance(read_manifest(text), Manifest)

    def _read_document(self, chance: random.Random) -> None:
        text = self._document(chance) if chance.random() < 0.4 else chance.choice(self._documents)
        assert isinstance(read_document(text if chance.random() < 0.3 else mutated(chance, text)), Document)

    async def settled(self) -> None:
        """Nothing is under way."""

    def outstanding(self) -> dict[str, int]:
        return {}

    async def end(self) -> None:
        pass
