"""The issuer's master key, as it comes in: 32 hexadecimal digits, in a file of its owner's alone or by a descriptor."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from etui.counterparts.issuer.cryptograms import MasterKey
from etui.counterparts.issuer.errors import KeyFileError

_MOST_BYTES: Final = 128
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def key_of_file(path: Path) -> MasterKey:
    """The key in this file; raises ``KeyFileError`` where others than its owner can read it, or it is no key."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from None
    if os.fstat(descriptor).st_mode & _OTHERS:
        os.close(descriptor)
        raise KeyFileError(f"{path} can be read by others: chmod 600 {path}")
    return key_of_descriptor(descriptor)


def key_of_descriptor(descriptor: int) -> MasterKey:
    """The key that is read from this descriptor to its end, which is closed then; raises ``KeyFileError``."""
    try:
        with os.fdopen(descriptor, "rb") as file:
            text = file.read(_MOST_BYTES)
        return MasterKey(bytes.fromhex(text.decode("ascii").strip()))
    except OSError as error:
        raise KeyFileError(f"the descriptor of the key cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KeyFileError("a master key is 32 hexadecimal digits") from None
    except ValueError as error:
        words = str(error) if "master key" in str(error) else "a master key is 32 hexadecimal digits"
        raise KeyFileError(words) from None
