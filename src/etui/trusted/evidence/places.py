"""Who can put another program where one lies: the judgement on the folders above a file; pure.

A right that lasts is kept under a path, so it is worth no more than the path. Whoever else can write there can be that
program tomorrow. Rules:

1. Root and the process's own user are not "others": the one is everywhere, and the other is what `observed` says.
2. A file or folder of any other user is in that user's hands.
3. So is what everybody may write; or a group of people, but for a user's own group. A group of the system is whom its
   administrator put there. Where a folder is sticky, one takes away only what is one's own.
4. A number that stands for owners whom this user namespace cannot name is nobody's that could come.

Sources: Debian policy 9.2.2 and login.defs(5), `GID_MIN` and `USERGROUPS_ENAB`; inode(7) on the sticky bit.
"""

import os
import stat as mode_bits

_ROOT = 0
_UNMAPPED = 65534
_PEOPLE = 1000
_USERS = 100
"""The group `users`, to which some distributions add everybody."""
_GROUP_WRITE = 0o020
_OTHER_WRITE = 0o002


def others_can_write(file: os.stat_result, uid: int) -> bool:
    """Say whether somebody else than root and user `uid` can change a file, or what lies in a folder."""
    if file.st_uid not in {_ROOT, uid, _UNMAPPED}:
        return True
    if mode_bits.S_ISDIR(file.st_mode) and file.st_mode & mode_bits.S_ISVTX:
        return False
    of_people = file.st_gid not in {uid, _UNMAPPED} and (file.st_gid >= _PEOPLE or file.st_gid == _USERS)
    by_group = of_people and file.st_mode & _GROUP_WRITE
    return bool(by_group or file.st_mode & _OTHER_WRITE)


def could_be_put(file: os.stat_result, folder: os.stat_result) -> bool:
    """Say whether `file`, which was deleted, can have lain in `folder` of the same file system: by who owns the two."""
    by_others = folder.st_mode & (_GROUP_WRITE | _OTHER_WRITE)
    return file.st_uid in {_ROOT, folder.st_uid} or bool(by_others)
