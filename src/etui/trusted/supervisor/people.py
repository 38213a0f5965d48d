"""``python -m etui.trusted.supervisor.people on|off PERSON``: whom this machine has a managed wallet for; as root.

``on`` makes the users and folders of the wallet's parts, as sysusers.d(5) and tmpfiles.d(5) describe them in /etc, and
has systemd listen. ``off`` has it listen no more; what lies in the wallet stays, and ``on`` finds it again, for the
user of the same number and name alone: a number is given to somebody else once its user was deleted.
"""

from __future__ import annotations

import argparse
import grp
import os
import pwd
import secrets
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final

import msgspec

from etui.trusted.layout import KEPT, PARTS, PERSON, SCRIPT, STATE, display_of, runtime_of, state_of, user_of
from etui.trusted.profile import FILE, Profile, TestProfile

UNITS: Final = ("router", "vault", "evidence", "dialog", "extension", "storage", "egress", "coverage", "archive")
"""Each has a socket, and a service that it starts."""
_EXTENSION: Final = "extension"
"""Its services have names of their own, and end with the Router."""
_TPM: Final = "tss"
"""The group that Debian's rules for devices give the TPM to."""
_SETTINGS: Final = Path("/etc")


class PeopleError(Exception):
    """The person's wallet cannot be managed."""

    code = "people"


def users(person: int, groups: Collection[str] = ()) -> str:
    """The users of a person's wallet, as sysusers.d(5) has it.

    ``groups``: of this machine; the vault's user joins the one that has its TPM, where there is one.
    """
    lines = [f'u {user_of(part, person)} - "Etui, {title} of user {person}"\n' for part, title in PARTS.items()]
    lines += [f"m {user_of('v', person)} {_TPM}\n"] if _TPM in groups else []
    return "".join(lines)


def folders(person: int) -> str:
    """The folders of a person's wallet, as tmpfiles.d(5) has it: each is its own part's, and nobody else enters.

    The Router's user may look for a name in the vault's: whether a wallet was made. That of Extensions may be passed
    through, as the users that they run as have to, and lists nothing.
    """
    state, router = state_of(person), user_of("r", person)
    own = [("wallet", "0700", "r", router), ("vault", "0710", "v", router)]
    own += [("storage", "0700", "s", user_of("s", person)), ("dialog", "0700", "d", user_of("d", person))]
    own += [("extensions", "0711", "r", router)]
    lines = [f"d {STATE} 0711 root root\n", f"d {state} 0711 root root\n"]
    lines += [f"d {state / name} {mode} {user_of(part, person)} {group}\n" for name, mode, part, group in own]
    return "".join(lines)


def turn_on(person: pwd.struct_passwd, script: Path | None, display: Path | None) -> None:
    """Makes what the wallet needs where it is not there, and has systemd listen for the person's programs.

    ``script``: answers of a scripted dialog; the wallet then is a test profile. ``display``: a compositor's socket, by
    which the dialog is shown in place of the session's display. Raises ``PeopleError`` where what is there was somebody
    else's.
    """
    uid = person.pw_uid
    named = state_of(uid) / PERSON
    if named.exists() and (before := named.read_text("utf-8").strip()) != person.pw_name:
        raise PeopleError(f"{state_of(uid)} is the wallet of {before}, who had this number before: move it away first")
    for folder, tool, text in (
        ("sysusers.d", ("systemd-sysusers",), users(uid, {group.gr_name for group in grp.getgrall()})),
        ("tmpfiles.d", ("systemd-tmpfiles", "--create"), folders(uid)),
    ):
        path = _SETTINGS / folder / f"etui-{uid}.conf"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        _run(*tool, str(path))
    named.write_text(f"{person.pw_name}\n", encoding="utf-8")
    _make_profile(uid, script)
    _name_display(uid, display)
    _run("systemctl", "enable", "--now", *_sockets(uid))


def turn_off(person: pwd.struct_passwd) -> None:
    """Ends the wallet, and has systemd listen no more."""
    _run("systemctl", "disable", "--now", *_sockets(person.pw_uid))
    _run("systemctl", "stop", *(f"etui-{name}@{person.pw_uid}.service" for name in UNITS if name != _EXTENSION))
    if runtime_of(person.pw_uid).exists():  # else programs would look for the wallet here
        shutil.rmtree(runtime_of(person.pw_uid))


def _make_profile(uid: int, script: Path | None) -> None:
    home, router = state_of(uid) / "wallet", pwd.getpwnam(user_of("r", uid))
    for name in KEPT:
        if not (home / name).is_symlink():
            (home / name).symlink_to(Path("..", name))
    if not (home / FILE).exists():
        profile = Profile(id=secrets.token_hex(16), test=None if script is None else TestProfile())
        _give(home / FILE, msgspec.json.format(msgspec.json.encode(profile)) + b"\n", router)
    if script is not None:
        _give(state_of(uid) / "dialog" / SCRIPT, script.read_bytes(), pwd.getpwnam(user_of("d", uid)))


def _name_display(uid: int, display: Path | None) -> None:
    """Says where the dialog is shown from now on; a wallet that runs ends, where that is another place."""
    named = display_of(uid)
    before, now = named.read_text("utf-8") if named.exists() else "", "" if display is None else f"{display}\n"
    if before == now:
        return
    named.unlink(missing_ok=True)
    if now:
        named.write_text(now, encoding="utf-8")
        named.chmod(0o644)
    _run("systemctl", "stop", f"etui-router@{uid}.service")


def _give(path: Path, content: bytes, owner: pwd.struct_passwd) -> None:
    """Writes a file for one of the parts, in a folder of its own: a name there leads nowhere else."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123
        os.fchown(descriptor, owner.pw_uid, owner.pw_gid)
        file.write(content)


def _sockets(uid: int) -> list[str]:
    return [f"etui-{name}@{uid}.socket" for name in UNITS]


def _run(*command: str) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise PeopleError(f"{command[0]} is not there: a managed wallet takes systemd")
    ran = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise PeopleError(f"`{' '.join(command)}` failed: {ran.stderr.strip()}")


def main() -> int:
    """Does what the words say; 2 for what must not be asked for."""
    parser = argparse.ArgumentParser(prog="etui managed")
    parser.add_argument("state", choices=("on", "off"))
    parser.add_argument("person")
    parser.add_argument("--script", type=Path)
    parser.add_argument("--display", type=Path)
    words = parser.parse_args()
    try:
        person = _person(words.person)
        if words.state == "on":
            turn_on(person, words.script, _display(words.display, is_test=words.script is not None))
        else:
            turn_off(person)
    except (PeopleError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _display(path: Path | None, *, is_test: bool) -> Path | None:
    """The socket of a compositor, if one is named; raises ``PeopleError`` for what is none."""
    if path is not None and is_test:
        raise PeopleError("the dialog of a test profile answers by its script, and is shown nowhere")
    if path is not None and not path.is_absolute():
        raise PeopleError(f"the socket of a compositor is named by its whole path, and {path} is none")
    return path


def _person(name: str) -> pwd.struct_passwd:
    """The user of this name, for whom root alone may do this."""
    if os.geteuid() != 0:
        raise PeopleError("that is for root: it makes users and units")
    try:
        person = pwd.getpwnam(name)
    except KeyError:
        raise PeopleError(f"there is no user {name!r} on this machine") from None
    if person.pw_uid == 0:
        raise PeopleError("a wallet belongs to a person, and root is none")
    return person


if __name__ == "__main__":
    sys.exit(main())
