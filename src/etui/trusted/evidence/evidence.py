"""The values this room hands out: who is at the other end, and how strong the evidence is.

Rules:

1. `principal` is injective but for versions: two programs that can be told apart never share one, whatever
   characters their paths hold, unless they are versions of one program (`versions`).
2. `distinguishable` is false when the principal stands for everything of a session; nothing may be
   remembered for such a Client.
3. Names that a process gives itself (`comm`, `argv[0]`) appear nowhere.
4. Every text is valid Unicode without control characters; other normalisation belongs to whoever
   displays it.
"""

import unicodedata
from enum import Enum, StrEnum
from functools import total_ordering

from msgspec import Struct


@total_ordering
class Strength(Enum):
    """How far an identity can be relied on, weakest first; the values are stable."""

    CLAIMED = "claimed"
    OBSERVED = "observed"
    VERIFIED = "verified"

    def __lt__(self, other: object) -> bool:
        """Order by reliability: claimed < observed < verified."""
        if not isinstance(other, Strength):
            return NotImplemented
        ranks = list(Strength)
        return ranks.index(self) < ranks.index(other)


class Note(StrEnum):
    """What a careful reader of the evidence should know besides; the values are stable."""

    NOT_PINNED = "not_pinned"
    THROUGH_BUS = "through_bus"
    THROUGH_DEPUTY = "through_deputy"
    UNSEEN = "unseen"
    UNREADABLE = "unreadable"
    USER_CHANGED = "user_changed"
    USER_UNMAPPED = "user_unmapped"
    USER_TRANSIENT = "user_transient"
    PROGRAM_DELETED = "program_deleted"
    PROGRAM_ELSEWHERE = "program_elsewhere"
    PROGRAM_WRITABLE = "program_writable"
    PROGRAM_SHARED = "program_shared"
    PROGRAM_IN_STORE = "program_in_store"
    FOREIGN_NAMESPACE = "foreign_namespace"
    APPIMAGE_UNNAMED = "appimage_unnamed"
    SANDBOX_OF_USER = "sandbox_of_user"

    @property
    def sentence(self) -> str:
        """The note as one sentence for people."""
        return _SENTENCES[self]


_SENTENCES = {
    Note.NOT_PINNED: "The system could not pin the process when it connected.",
    Note.THROUGH_BUS: "A message bus that belongs to your user named the process.",
    Note.THROUGH_DEPUTY: "It asks through a general tool, which anything could have started.",
    Note.UNSEEN: "The system does not show the process to the wallet.",
    Note.UNREADABLE: "The process does not let the wallet see which program it runs.",
    Note.USER_CHANGED: "The process has changed its user since it connected.",
    Note.USER_UNMAPPED: "The process belongs to a user whom this system cannot name.",
    Note.USER_TRANSIENT: "The user's number is lent for a while and goes to another service later.",
    Note.PROGRAM_DELETED: "The program file was deleted or updated after the program started.",
    Note.PROGRAM_ELSEWHERE: "The program's path leads to another file here, or to none.",
    Note.PROGRAM_WRITABLE: "Your user can change or replace the program file.",
    Note.PROGRAM_SHARED: "Other users of this machine can change or replace it where it lies.",
    Note.PROGRAM_IN_STORE: "It lies in a store that takes programs of any name from any user.",
    Note.FOREIGN_NAMESPACE: "The program runs in namespaces of its own and sees other files.",
    Note.APPIMAGE_UNNAMED: "It runs from an AppImage, elsewhere at each start, and does not say from which file.",
    Note.SANDBOX_OF_USER: "Any program of your user can set up a sandbox that looks the same.",
}


class Evidence(Struct, frozen=True, kw_only=True):
    r"""Who is at the other end, as far as could be found out.

    Args:
        principal: the stable name: `app:PATH`, `unit:user/NAME`, `unit:system/NAME`,
            `appimage:PATH`, `script:PATH@ANCHOR` (ANCHOR is an executable's path or `session`), `flatpak:ID`,
            `snap:NAME`, `session:UID` or `uid:UID`. In a path, control characters, backslashes, `*` and
            bytes that are not UTF-8 stand as `\xNN`, and so does an `@` in a script's path; a version is `*`.
        label: a short name for people.
        strength: how far `principal` can be relied on.
        distinguishable: false if it cannot be told from its neighbours: remember nothing for it.
        deputy: the general tool through which the principal asks, or None.
        uid: the user id of the process, 0 to 2^32-2.
        pid: the process id, or 0 where the system shows none.
        start_ticks: start of the process in clock ticks since boot, or None if not visible.
        exe: path of the program at the other end itself (the deputy's, if there is one), or None.
        unit: the systemd unit of the process, or None.
        script: path of the nearest script, as a command line says, or None.
        terminal: names the terminal that the process was started in, for as long as that lasts, or None.
        sentence: one honest sentence for the dialog.
        notes: what makes the evidence weaker, in no particular order, without repetition.

    """

    principal: str
    label: str
    strength: Strength
    distinguishable: bool
    deputy: str | None
    uid: int
    pid: int
    start_ticks: int | None
    exe: str | None
    unit: str | None
    script: str | None
    terminal: str | None
    sentence: str
    notes: tuple[Note, ...]


def escaped(text: str, *, besides: str = "") -> str:
    r"""Return `text` with `\xNN` for what no principal may hold, reversibly.

    Args:
        text: a path as `os.fsdecode` gives it: undecodable bytes are lone surrogates.
        besides: further characters to escape.

    """
    if text.isprintable() and "\\" not in text and not any(character in text for character in besides):
        return text
    return "".join(
        "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
        if character == "\\" or character in besides or _unprintable(character)
        else character
        for character in text
    )


def printable(text: str) -> str:
    """Return `text` for people, with U+FFFD for each control character and undecodable byte."""
    if text.isprintable():
        return text
    return "".join("\N{REPLACEMENT CHARACTER}" if _unprintable(c) else c for c in text)


def _unprintable(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"}
