"""C2SP's test suite for age (CCTV, the npm package cctv-age): its files for X25519, by Debian's age and our plugin.

Each file says what becomes of it and the digest of all that may come out. A file for a passphrase or for the hybrid
recipient of newer ages is skipped, and one of which age itself, with the key in a file, says another thing.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import zlib
from pathlib import Path
from typing import Final

import msgspec
from bench.wallets import folder, unlocked_wallet

from judges.age import PLUGINS, identity
from judges.expected import HYBRID, OTHERWISE, SCRYPT, Verdict, counted
from judges.provisions import node_modules
from judges.stage import Stage

_CALLER: Final = Path(__file__).with_name("callers") / "cctv-age.mjs"
_KEY: Final = "AGE-SECRET-KEY-1"
_HYBRID_KEY: Final = "AGE-SECRET-KEY-PQ-1"
_NOTHING: Final = hashlib.sha256().hexdigest()
_NO_MATCH: Final = "no identity matched any of the recipients"


class _Vector(msgspec.Struct, frozen=True):
    """One file of the suite. ``payload``: the SHA-256 of all that may come out of it."""

    expect: str
    payload: str
    keys: tuple[str, ...]
    needs: str
    file: bytes


def judge(stage: Stage, step: int = 1) -> Verdict:
    """Its verdict over every file, or every ``step``-th one."""
    with folder() as path, unlocked_wallet(path / "w") as wallet:
        wallet.user.approves()
        stage.environ |= wallet.environ | {"PATH": f"{PLUGINS}:{stage.environ['PATH']}"}
        vectors = {path.name: _read(path.read_bytes()) for path in sorted(_unpacked(stage).iterdir())[::step]}
        keys = sorted({key for vector in vectors.values() for key in vector.keys})
        kept = dict(zip(keys, (_kept(stage, f"Key {number}", key) for number, key in enumerate(keys)), strict=True))
        outcomes = []
        for name, vector in vectors.items():
            outcomes.append(_outcome(stage, vector, kept))
            sys.stdout.write(f"{name} ... {outcomes[-1]}\n")
        return counted(outcomes)


def _unpacked(stage: Stage) -> Path:
    """A folder with the files of the suite."""
    (stage.path / "node_modules").symlink_to(node_modules("cctv-age") / "node_modules")
    shutil.copy(_CALLER, stage.path)
    files = stage.path / "vectors"
    files.mkdir()
    ran = stage.run("node", _CALLER.name, str(files))
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    return files


def _read(vector: bytes) -> _Vector:
    head, _, file = vector.partition(b"\n\n")
    fields = [line.split(": ", 1) for line in head.decode().splitlines()]
    said = dict(fields)
    named = [value for name, value in fields if name == "identity"]
    keys = tuple(key for key in named if key.startswith(_KEY))
    needs = ""
    if not keys and any(key.startswith(_HYBRID_KEY) for key in named):
        needs = HYBRID
    elif not keys and "passphrase" in said:
        needs = SCRYPT
    if said.get("compressed") == "zlib":
        file = zlib.decompress(file)
    return _Vector(said["expect"], said.get("payload", _NOTHING), keys, needs, file)


def _kept(stage: Stage, name: str, key: str) -> str:
    """The plugin's identity of a key of the suite."""
    file = stage.path / "key"
    file.write_text(key + "\n", encoding="utf-8")
    return identity(stage, name, file)


def _outcome(stage: Stage, vector: _Vector, kept: dict[str, str]) -> str:
    if vector.needs:
        return f"skipped {vector.needs}"
    keys = vector.keys or tuple(kept)
    if _as_expected(stage, vector, "\n".join(kept[key] for key in keys)):
        return "ok"
    return "failed" if _as_expected(stage, vector, "\n".join(keys)) else f"skipped {OTHERWISE}"


def _as_expected(stage: Stage, vector: _Vector, identities: str) -> bool:
    """Whether age makes of the file with these identities what the suite says."""
    (stage.path / "file").write_bytes(vector.file)
    (stage.path / "identities").write_text(identities + "\n", encoding="utf-8")
    out = stage.path / "out"
    out.unlink(missing_ok=True)
    ran = stage.run("age", "-d", "-i", "identities", "-o", "out", "file")
    content = out.read_bytes() if out.exists() else b""
    return (
        (ran.returncode == 0) is (vector.expect == "success")
        and (_NO_MATCH in ran.stderr) is (vector.expect == "no match")
        and hashlib.sha256(content).hexdigest() == vector.payload
    )
