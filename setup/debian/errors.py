"""Why no package was built."""


class PackageError(Exception):
    """The package cannot be built; the message says what is in the way and what to do."""
