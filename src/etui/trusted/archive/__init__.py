"""The archive of a whole wallet: written, held against its own digests, and unpacked.

The command line does so for a wallet per user, whose files are its person's; for one that the machine runs the
supervisor's ``archiving`` does.
"""

from etui.trusted.archive.archive import HEADER, TRAILER, check_archive, check_target, unpack_archive, write_archive
from etui.trusted.archive.contents import Contents, Folder, check_vouched, is_vouched, look_over, size_of
from etui.trusted.archive.errors import ArchiveError, Fault

__all__ = [
    "HEADER",
    "TRAILER",
    "ArchiveError",
    "Contents",
    "Fault",
    "Folder",
    "check_archive",
    "check_target",
    "check_vouched",
    "is_vouched",
    "look_over",
    "size_of",
    "unpack_archive",
    "write_archive",
]
