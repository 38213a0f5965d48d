"""Packages of Extensions: manifest, signature, install, update and removal.

``verify`` reads an archive and trusts nothing; ``summarise`` says what it would mean to install it; ``Extensions``
installs it and finds it again; ``supplied_packages`` are those that come with the wallet.
"""

from etui.trusted.package.accessibility import AccessibilityProfile, Assurance, Evidence, Limit, Rule, split_method
from etui.trusted.package.archive import File, pack
from etui.trusted.package.errors import (
    ArchiveError,
    BusyError,
    ContentError,
    DamagedError,
    DowngradeError,
    ManifestError,
    NewerFormatError,
    NotInstalledError,
    PackageError,
    PublisherChangedError,
    PublisherKeyError,
    ReservedError,
    SignatureError,
    StorageError,
    VersionTakenError,
)
from etui.trusted.package.install import Broken, Extensions, Look, Step
from etui.trusted.package.installation import Installation
from etui.trusted.package.installed import folder_of, installed
from etui.trusted.package.keys import Handover, PublisherKey, fingerprint
from etui.trusted.package.manifest import ETUI, Link, Manifest, Permissions, Quota, read_manifest
from etui.trusted.package.package import Package
from etui.trusted.package.paths import MANIFEST
from etui.trusted.package.signature import Verified, sign, verify
from etui.trusted.package.summary import Line, Summary, permission_lines, restriction_lines, summarise
from etui.trusted.package.supplied import check_installations, supplied_ids, supplied_packages

__all__ = [
    "ETUI",
    "MANIFEST",
    "AccessibilityProfile",
    "ArchiveError",
    "Assurance",
    "Broken",
    "BusyError",
    "ContentError",
    "DamagedError",
    "DowngradeError",
    "Evidence",
    "Extensions",
    "File",
    "Handover",
    "Installation",
    "Limit",
    "Line",
    "Link",
    "Look",
    "Manifest",
    "ManifestError",
    "NewerFormatError",
    "NotInstalledError",
    "Package",
    "PackageError",
    "Permissions",
    "PublisherChangedError",
    "PublisherKey",
    "PublisherKeyError",
    "Quota",
    "ReservedError",
    "Rule",
    "SignatureError",
    "Step",
    "StorageError",
    "Summary",
    "Verified",
    "VersionTakenError",
    "check_installations",
    "fingerprint",
    "folder_of",
    "installed",
    "pack",
    "permission_lines",
    "read_manifest",
    "restriction_lines",
    "sign",
    "split_method",
    "summarise",
    "supplied_ids",
    "supplied_packages",
    "verify",
]
