"""Trees of packages for the tests, and what signs them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import msgspec

from etui.trusted.package.archive import File, write_archive
from etui.trusted.package.keys import Handover, PublisherKey
from etui.trusted.package.signature import Verified, sign, verify

ID = "org.example.parking"
INTERFACE = "org.example.parking/1"
NOW_S = 1_790_000_000

DOCUMENT = msgspec.json.encode(
    {
        "interface": INTERFACE,
        "title": "Parking",
        "kinds": {"permit": {"title": "Permit"}},
        "methods": {"pay": {"title": "Pay", "effect": "use"}, "find": {"title": "Find", "effect": "disclose"}},
    }
)


def manifest(extension: str = ID, version: str = "1.0.0", extra: str = "", **values: str) -> bytes:
    """A manifest in TOML; ``values`` take the place of lines, written as TOML, ``extra`` follows them."""
    lines = {
        "id": f'"{extension}"',
        "name": '"Parking"',
        "publisher": '"org.example"',
        "version": f'"{version}"',
        "description": '"Pays for parking."',
        "python": '["-m", "parking"]',
        "provides": f'["{INTERFACE}"]',
        "interfaces": '["interfaces/parking-1.json"]',
        **values,
    }
    return ("\n".join(f"{key} = {value}" for key, value in lines.items() if value) + "\n" + extra).encode()


def tree(text: bytes | None = None, **more: bytes) -> dict[str, bytes]:
    """The files of a package by path; ``more``: others, with ``__`` for a slash."""
    return {
        "manifest.toml": manifest() if text is None else text,
        "parking/__init__.py": b"",
        "parking/__main__.py": b"print('parking')\n",
        "interfaces/parking-1.json": DOCUMENT,
        **{name.replace("__", "/"): content for name, content in more.items()},
    }


def files_of(contents: Mapping[str, bytes], programs: tuple[str, ...] = ()) -> tuple[File, ...]:
    return tuple(File(path, content, executable=path in programs) for path, content in contents.items())


def lay(folder: Path, contents: Mapping[str, bytes]) -> Path:
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def signed(
    key: PublisherKey,
    contents: Mapping[str, bytes] | None = None,
    handovers: tuple[Handover, ...] = (),
    programs: tuple[str, ...] = (),
) -> bytes:
    return sign(write_archive(files_of(tree() if contents is None else contents, programs)), key, handovers)


def verified(
    key: PublisherKey, version: str = "1.0.0", handovers: tuple[Handover, ...] = (), main: bytes = b"pass\n"
) -> Verified:
    contents = tree(manifest(version=version)) | {"parking/__main__.py": main}
    return verify(signed(key, contents, handovers))


def png(width: int = 64, height: int = 64) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 6, 0, 0, 0) + bytes(4)
