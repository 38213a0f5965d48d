"""Whether a package comes from the publisher that is known here: pure.

Rules:

1. What is installed under the package's id must be of the same publisher, and signed with the package's key or with one
   that hands over to it.
2. For a first install, the same holds of any other Extension of that publisher: a name that is known is not lent.
3. A publisher that nothing is installed of is taken at its word; whoever installs compares the fingerprint.
"""

from __future__ import annotations

from etui.trusted.package.errors import PublisherChangedError
from etui.trusted.package.installation import Installation
from etui.trusted.package.keys import fingerprint, succeeds
from etui.trusted.package.signature import Verified


def predecessor(verified: Verified, installations: tuple[Installation, ...]) -> Installation | None:
    """The installation whose place ``verified`` takes, or None for a first install.

    Raises ``PublisherChangedError`` where it may not be installed beside or in the place of ``installations``.
    """
    manifest = verified.manifest
    mine = next((installation for installation in installations if installation.id == manifest.id), None)
    if mine is not None and mine.publisher != manifest.publisher:
        raise PublisherChangedError(
            f"{mine.id} is installed from {mine.publisher}, and this package is from {manifest.publisher};"
            f" remove {mine.id} with its data first if you want this one instead"
        )
    known = sorted(
        {
            installation.key
            for installation in ((mine,) if mine is not None else installations)
            if installation.publisher == manifest.publisher
        }
    )
    if known and not any(succeeds(manifest.publisher, key, verified.key, verified.handovers) for key in known):
        raise PublisherChangedError(
            f"{manifest.id} is signed with {verified.fingerprint}, and {manifest.publisher} is known here by"
            f" {', '.join(map(fingerprint, known))}: somebody else may have made it; ask the publisher, by another way"
            " than this package came, which key is right"
        )
    return mine
