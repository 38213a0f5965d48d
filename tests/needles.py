"""Looks for what must not be there: a planted text in the usual disguises, in the memory of processes and in files."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest

_LEAST_BYTES = 7
_PART = re.compile(r"^(?=[0-9a-f]+-[0-9a-f]+ )", re.MULTILINE)
_ESCAPED = re.compile(r"\\([0-7]{3})")
CHUNK_BYTES = 1 << 24
_SIZE = re.compile(r"^(Rss|Swap): +(\d+) kB$", re.MULTILINE)


@lru_cache
def disguises(text: str) -> dict[str, bytes]:
    """The text as it may lie somewhere: raw, in halves and backwards, in base64 at any place, in hex, UTF-16 and JSON.

    Each is long enough to be nowhere by chance, where the text has some twenty characters that nobody would guess.
    """
    raw = text.encode()
    half = len(raw) // 2
    forms = {
        "raw": raw,
        "backwards": raw[::-1],
        "first half": raw[:half],
        "second half": raw[half:],
        "first half backwards": raw[:half][::-1],
        "second half backwards": raw[half:][::-1],
        "hex": raw.hex().encode(),
        "capital hex": raw.hex().upper().encode(),
        "UTF-16": text.encode("utf-16-le")[:-1],
        "UTF-16 of the other order": text.encode("utf-16-be")[1:],
        "UTF-32": text.encode("utf-32-le")[:-3],
        "JSON": msgspec.json.encode(text)[1:-1],
        "JSON in ASCII": text.encode("ascii", "backslashreplace").replace(b"\\x", b"\\u00").replace(b'"', b'\\"'),
        "Python": repr(raw)[2:-1].encode(),
        "URL": quote(text).encode(),
        "base32": base64.b32encode(raw[: len(raw) // 5 * 5]),
    }
    for before in range(3):
        shifted = b"\0" * before + raw
        # without the characters that hold bits of the neighbours
        whole = base64.b64encode(shifted[: len(shifted) // 3 * 3])[0 if before == 0 else 4 :]
        forms[f"base64, {before} bytes on"] = whole
        forms[f"base64 of URLs, {before} bytes on"] = whole.replace(b"+", b"-").replace(b"/", b"_")
    assert all(len(form) >= _LEAST_BYTES for form in forms.values())
    return forms


@lru_cache
def _searched(text: str) -> dict[str, bytes]:
    """The disguises that have to be looked for, since no other one is a part of them."""
    distinct = {form: name for name, form in disguises(text).items()}
    return {
        name: form for form, name in distinct.items() if not any(other in form for other in distinct if other != form)
    }


def found_in(content: bytes, texts: Iterable[str]) -> list[str]:
    """Which of the texts are in there, in which disguise or a part of it."""
    return [f"{text!r}: {name}" for text in texts for name, form in _searched(text).items() if form in content]


def found_in_memory(pid: int, texts: Iterable[str]) -> list[str]:
    """As ``found_in``, in everything that a process can write; nothing for one that has ended."""
    texts = list(texts)
    try:
        name = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        spans = _used(Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8"))
        memory = open(f"/proc/{pid}/mem", "rb", buffering=0)  # noqa: SIM115, PTH123
    except (FileNotFoundError, ProcessLookupError):
        return []
    except PermissionError:
        pytest.skip("only root reads the memory of an undumpable process, which is what is wanted")
    found = found_in(name.encode(), texts)
    with memory:
        for first, last in spans:
            try:
                memory.seek(first)
                found += found_in(memory.read(last - first), texts)
            except OSError:  # it is a device's, or the process ended
                continue
    return [f"{name}: {what}" for what in dict.fromkeys(found)]


def _used(smaps: str) -> Iterator[tuple[int, int]]:
    """Where a process has written, with what of it is in the swap; it stays empty where nothing was touched."""
    for part in _PART.split(smaps)[1:]:
        span, rights, *_ = part.split(maxsplit=2)
        sizes = {name: int(kilobytes) for name, kilobytes in _SIZE.findall(part)}
        if "w" in rights and sizes.get("Rss", 0) + sizes.get("Swap", 0):
            first, last = (int(end, 16) for end in span.split("-"))
            yield first, last


def found_in_files(folder: Path, texts: Iterable[str], *, besides: Iterable[Path] = ()) -> list[str]:
    """As ``found_in``, in every file below a folder, its name included."""
    left_out, texts = set(besides), list(texts)
    found = []
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() and path not in left_out else b""
        found += [f"{path}: {what}" for what in found_in(bytes(path) + b"\0" + content, texts)]
    return found


def swaps(table: Path = Path("/proc/swaps")) -> list[Path]:
    """The devices and files that memory is swapped to here and that this process may read; proc_swaps(5)."""
    rows = table.read_text(encoding="utf-8").splitlines()[1:] if table.exists() else []
    named = (_ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), row.split()[0]) for row in rows)
    return [path for path in map(Path, named) if os.access(path, os.R_OK)]


def found_in_swap(texts: Iterable[str], swapped_to: Iterable[Path]) -> list[str]:
    """As ``found_in``, in all that was ever swapped to these and is not overwritten, by whichever process."""
    texts = list(texts)
    longest = max(len(form) for text in texts for form in _searched(text).values())
    found = []
    for path in swapped_to:
        end = b""
        with path.open("rb") as swap:
            while chunk := swap.read(CHUNK_BYTES):
                found += [f"{path}: {what}" for what in found_in(end + chunk, texts)]
                end = chunk[-longest:]
    return found
