"""The manifest: what an Extension says of itself, read from ``manifest.toml``.

Rules:

1. A manifest says nothing about trust: who its publisher is, the signature of the package tells.
2. What is not declared is not given. What is unknown is refused, so that a misspelt key narrows nothing by silence.
3. Every path stays inside the package. Nothing that people are shown holds control or bidirectional characters.
4. Whatever the bytes are, reading ends with a manifest or with a ``ManifestError``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from etui.interfaces import Transfer
from etui.trusted.package.accessibility import AccessibilityProfile, profile_problems
from etui.trusted.package.errors import ManifestError
from etui.trusted.package.paths import MANIFEST, path_problem
from etui.trusted.package.versions import precedence

MAX_MANIFEST_BYTES: Final = 64 << 10
MAX_PUBLISHER_CHARACTERS: Final = 100
ETUI: Final = "etui"
"""The publisher of the Extensions that come with the wallet, and of nothing else."""

ADVISER: Final = "adviser/1"
EGRESS: Final = "egress/1"
RELATIONSHIP: Final = "relationship/1"

_MIB: Final = 1 << 20
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_REVERSE_DNS: Final = re.compile(rf"[a-z][a-z0-9-]*(?:\.{_LABEL})+")
_HOST: Final = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
INTERFACE: Final = re.compile(r"(?:[a-z][a-z0-9_]*|[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9_-]*){2,})/[1-9][0-9]{0,3}")
_METHOD: Final = re.compile(r"(.+)\.([a-z][a-z0-9_]{0,39})")
_MODULE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NOT_SHOWN: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_AT: Final = re.compile(r"(?P<problem>.*) - at `(?:key in )?\$\.?(?P<key>.*)`", re.DOTALL)
_STORAGE: Final = "storage/"
_USES_OF_ADVISERS: Final = frozenset({"storage/1", "coverage/1"})
"""Records that an adviser seals itself, and whether there is a network: nothing else goes out by either."""
_MIN_LABELS: Final = 3

_Title = Annotated[str, Meta(min_length=1, max_length=60)]
_Text = Annotated[str, Meta(max_length=500)]
_Argument = Annotated[str, Meta(max_length=1000)]
_Arguments = Annotated[tuple[_Argument, ...], Meta(min_length=1, max_length=32)]
_Names = Annotated[tuple[Annotated[str, Meta(max_length=120)], ...], Meta(max_length=64)]


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A published entry that calls its Extension: ``method`` as ``ticket/1.buy``, of an interface it provides."""

    title: _Title
    text: _Text = ""
    method: Annotated[str, Meta(max_length=160)]


class Permissions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the Extension needs beyond its confinement; nothing by default.

    Args:
        network: names of the hosts that it may reach through the wallet's egress service, in lower case.
        pcsc: smart card readers.
        removable: memory cards and sticks.
        folder: a folder that lasts; for providers of storage alone.
        memory_mb: address space of each of its processes, MiB (32 to 512).
        processes: how many processes it may be at once (1 to 16).

    """

    network: Annotated[tuple[str, ...], Meta(max_length=64)] = ()
    pcsc: bool = False
    removable: bool = False
    folder: bool = False
    memory_mb: Annotated[int, Meta(ge=32, le=512)] = 512
    processes: Annotated[int, Meta(ge=1, le=16)] = 1


class Quota(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much the Extension may keep through ``storage/1``, bytes (at most 1 TiB)."""

    bytes: Annotated[int, Meta(ge=0, le=1 << 40)] = 64 * _MIB


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an Extension says of itself.

    Args:
        id: reverse-DNS name of at least three labels, beginning with the publisher's unless that is ``etui``.
        name: what people call it, at most 60 characters.
        publisher: ``etui``, or a reverse-DNS name of at least two labels; the signature proves it.
        version: as Semantic Versioning 2.0.0 has it.
        description: one or two sentences for people, at most 500 characters.
        python: arguments for the wallet's own Python: ``["-m", "parking"]`` or ``["main.py"]``, then what follows.
        executable: the program inside the package instead. Exactly one of the two is given.
        provides: interfaces that it serves, as ``ticket/1``.
        uses: interfaces that it calls.
        interfaces: documents of interfaces that come in the package (JSON).
        accessibility: who may ever use its items, and at what assurance.
        permissions: what it needs beyond its confinement.
        quota: how much it may keep.
        links: published entries that call it.
        logo: a PNG inside the package, at most 64 KiB and 512 by 512 pixels.
        transfer: the most that it means to become of copies of its items; an interface's kind may say less. It is told
            at install and kept by the Extension itself: the wallet's files are copied as they lie.

    """

    id: Annotated[str, Meta(max_length=120)]
    name: _Title
    publisher: Annotated[str, Meta(max_length=MAX_PUBLISHER_CHARACTERS)]
    version: str
    description: Annotated[str, Meta(min_length=1, max_length=500)]
    python: _Arguments | None = None
    executable: str | None = None
    provides: _Names = ()
    uses: _Names = ()
    interfaces: Annotated[tuple[str, ...], Meta(max_length=32)] = ()
    accessibility: AccessibilityProfile = AccessibilityProfile()
    permissions: Permissions = Permissions()
    quota: Quota = Quota()
    links: Annotated[tuple[Link, ...], Meta(max_length=32)] = ()
    logo: str | None = None
    transfer: Transfer = Transfer.COPYABLE

    @property
    def principal(self) -> str:
        """Who the Extension is to policy: ``ext:PUBLISHER/ID``."""
        return f"ext:{self.publisher}/{self.id}"

    @property
    def entry(self) -> str | None:
        """The file of the package that starts it; None where Python starts a module of that name."""
        if self.python is None:
            return self.executable
        return None if self.python[0] == "-m" else self.python[0]


def read_manifest(text: bytes, file: str = MANIFEST) -> Manifest:
    """The manifest in ``text`` (TOML 1.0 in UTF-8, at most 64 KiB).

    ``file``: how errors name it. Raises ``ManifestError``, which names file, key and what to do.
    """
    if len(text) > MAX_MANIFEST_BYTES:
        raise ManifestError(file, "", f"has {len(text)} bytes; shorten it to {MAX_MANIFEST_BYTES} at most")
    try:
        values = tomllib.loads(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ManifestError(file, "", f"is not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except RecursionError:
        raise ManifestError(file, "", "nests too deep; write it as the documentation shows") from None
    except ValueError as error:  # TOMLDecodeError, and what int() says of thousands of digits
        raise ManifestError(file, "", f"is not TOML: {error}; correct it there") from None
    try:
        manifest = msgspec.convert(values, Manifest, strict=True)
    except msgspec.ValidationError as error:
        raise _of_the_wrong_shape(file, str(error)) from None
    for key, problem in _problems(manifest):
        raise ManifestError(file, key, problem)
    return manifest


def _of_the_wrong_shape(file: str, message: str) -> ManifestError:
    located = _AT.fullmatch(message)
    problem, key = (located["problem"], located["key"]) if located else (message, "")
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", problem, re.DOTALL)
    missing = re.fullmatch(r"Object missing required field `(.*)`", problem, re.DOTALL)
    if unknown:
        name = repr(unknown[1][:80])
        return ManifestError(
            file, ".".join(filter(None, (key, name))), "is no key here; correct its spelling or drop it"
        )
    if missing:
        return ManifestError(file, ".".join(filter(None, (key, missing[1]))), "is missing; add it")
    return ManifestError(file, key, f"is not as it must be: {problem}; correct it")


def _problems(manifest: Manifest) -> Iterator[tuple[str, str]]:
    yield from _identity_problems(manifest)
    yield from _shown_problems(manifest)
    yield from _entry_problems(manifest)
    yield from _interface_problems(manifest)
    yield from _permission_problems(manifest)
    for key, problem in profile_problems(manifest.accessibility, manifest.provides):
        yield f"accessibility.{key}", problem


def _identity_problems(manifest: Manifest) -> Iterator[tuple[str, str]]:
    if manifest.publisher != ETUI and not _REVERSE_DNS.fullmatch(manifest.publisher):
        yield "publisher", "is no reverse-DNS name; write a domain of yours backwards, as `org.example`"
    if not _REVERSE_DNS.fullmatch(manifest.id) or manifest.id.count(".") + 1 < _MIN_LABELS:
        yield "id", "is no reverse-DNS name of three or more labels; write it as `org.example.parking`"
    elif manifest.publisher != ETUI and not manifest.id.startswith(manifest.publisher + "."):
        yield "id", f"is not within its publisher's name; begin it with `{manifest.publisher}.`"
    try:
        precedence(manifest.version)
    except ValueError as error:
        yield "version", f"{error}; write it as Semantic Versioning 2.0.0 does"


def _shown_problems(manifest: Manifest) -> Iterator[tuple[str, str]]:
    shown = [("name", manifest.name), ("description", manifest.description)]
    for position, link in enumerate(manifest.links):
        shown += [(f"links[{position}].title", link.title), (f"links[{position}].text", link.text)]
    for key, text in shown:
        if text != text.strip():
            yield key, "begins or ends with a space; drop it"
        if any(unicodedata.category(character) in _NOT_SHOWN or character in _BIDI for character in text):
            yield key, "holds a line break, a control or a bidirectional character; drop it"
    if manifest.logo is not None and (problem := path_problem(manifest.logo)):
        yield "logo", problem


def _entry_problems(manifest: Manifest) -> Iterator[tuple[str, str]]:
    if (manifest.python is None) == (manifest.executable is None):
        yield "python", "and `executable`: exactly one of the two says how the Extension starts; keep one"
    elif manifest.executable is not None:
        if problem := path_problem(manifest.executable):
            yield "executable", problem
    elif manifest.python is not None:
        yield from _python_problems(manifest.python)


def _python_problems(arguments: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if any("\0" in argument for argument in arguments):
        yield "python", "holds a zero byte; drop it"
    elif arguments[0] == "-m":
        if len(arguments) == 1 or not _MODULE.fullmatch(arguments[1]):
            yield "python[1]", "is no module; name one of the package's after `-m`"
    elif problem := path_problem(arguments[0]):
        yield "python[0]", problem
    elif arguments[0].startswith("-") or not arguments[0].endswith(".py"):
        yield "python[0]", "is neither `-m` nor a file that ends in .py; other options of Python are not taken"


def _interface_problems(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for key, names in (("provides", manifest.provides), ("uses", manifest.uses)):
        for position, name in enumerate(names):
            if not INTERFACE.fullmatch(name):
                yield (
                    f"{key}[{position}]",
                    f"{name!r} is no interface; write it as `ticket/1` or `org.example.parking/1`",
                )
        yield from _repeated(key, names)
    for position, path in enumerate(manifest.interfaces):
        if problem := path_problem(path):
            yield f"interfaces[{position}]", problem
    yield from _repeated("interfaces", manifest.interfaces)
    for position, link in enumerate(manifest.links):
        found = _METHOD.fullmatch(link.method)
        if found is None or found[1] not in manifest.provides:
            yield f"links[{position}].method", "is no method of an interface in `provides`; write it as `ticket/1.buy`"


def _permission_problems(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for position, host in enumerate(manifest.permissions.network):
        if len(host) > 253 or not _HOST.fullmatch(host):  # noqa: PLR2004  # RFC 1035, section 2.3.4
            yield (
                f"permissions.network[{position}]",
                f"{host[:80]!r} is no host; write its whole name in lower case, as `api.example.org`, and nothing more",
            )
    yield from _repeated("permissions.network", manifest.permissions.network)
    if ADVISER in manifest.provides:
        yield from _adviser_problems(manifest)
    if manifest.permissions.folder and not any(name.startswith(_STORAGE) for name in manifest.provides):
        yield "permissions.folder", "is for Extensions that provide `storage/1` alone; keep data through that interface"


def _adviser_problems(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """An adviser is told of every question, so nothing that it is told leaves it."""
    permissions = manifest.permissions
    ways = {
        "permissions.network": permissions.network,
        "permissions.pcsc": permissions.pcsc,
        "permissions.removable": permissions.removable,
    }
    for key, asked in ways.items():
        if asked:
            yield key, f"is not for who provides `{ADVISER}`, who is told of every question; drop it"
    for position, name in enumerate(manifest.uses):
        if name not in _USES_OF_ADVISERS:
            allowed = " and ".join(f"`{one}`" for one in sorted(_USES_OF_ADVISERS))
            problem = f"is {name!r}, by which what an Extension is told that provides `{ADVISER}` could leave it"
            yield f"uses[{position}]", f"{problem}; drop it: such a one uses {allowed} alone"


def _repeated(key: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            yield key, f"names {value!r} twice; drop one"
        seen.add(value)
