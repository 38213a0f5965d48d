"""The default provider of ``storage/1``: sealed records in one SQLite file.

Rules of this Extension:

1. What it keeps is ciphertext to it; a caller is a pseudonym and sees its own records alone.
2. A write that was answered is durable; a write that was not is there whole or not at all.
3. A fault of the disk becomes an error and changes nothing; the process lives on, and the file is never deleted.
"""

from etui.extensions.storage_software.provider import StorageSoftware

__all__ = ["StorageSoftware"]
