"""What can go wrong with packages, each with a stable code and what the person can do."""

from __future__ import annotations

from typing import ClassVar


class PackageError(Exception):
    """The root of this room's errors; ``code`` is stable, the message is a sentence for people."""

    code: ClassVar[str] = "package"


class ManifestError(PackageError):
    """A manifest breaks a rule; ``file`` and ``key`` say where, ``problem`` what it is and what to do."""

    code = "package_manifest"

    def __init__(self, file: str, key: str, problem: str) -> None:
        super().__init__(": ".join(part for part in (file, key, problem) if part))
        self.file = file
        """The file as it was named to the reader."""
        self.key = key
        """The key in that file, with dots and positions: ``permissions.network[0]``; empty for the whole file."""
        self.problem = problem


class ContentError(PackageError):
    """A file of a package is not what the manifest says of it: missing, of the wrong format, or too large."""

    code = "package_content"


class ArchiveError(PackageError):
    """The bytes are not an archive as ``pack`` writes them; nothing of them was unpacked."""

    code = "package_archive"


class SignatureError(PackageError):
    """The signature is missing, or is not one over exactly these files; nothing was unpacked."""

    code = "package_signature"


class PublisherKeyError(PackageError):
    """A publisher's key cannot be read, or the passphrase does not open it."""

    code = "package_publisher_key"


class PublisherChangedError(PackageError):
    """A package is signed with another key than the one its publisher is known by; nothing was installed."""

    code = "package_publisher_changed"


class ReservedError(PackageError):
    """A package calls itself what belongs to the wallet's own Extensions; nothing was installed."""

    code = "package_reserved"


class DowngradeError(PackageError):
    """A package is older than what is installed; nothing was installed."""

    code = "package_downgrade"


class VersionTakenError(PackageError):
    """The same version is installed with other content; nothing was installed."""

    code = "package_version_taken"


class NotInstalledError(PackageError):
    """There is no Extension of this id."""

    code = "package_not_installed"


class DamagedError(PackageError):
    """What was installed is no longer as it was written; it was left as it is."""

    code = "package_damaged"


class NewerFormatError(PackageError):
    """A file was written by a newer version of the wallet; nothing was changed."""

    code = "package_newer_format"


class BusyError(PackageError):
    """Another process is installing or removing just now."""

    code = "package_busy"


class StorageError(PackageError):
    """The disk refused: full, read-only or failing; what was installed before still is."""

    code = "package_storage"
