"""Builds the Debian package; ``./package`` calls it. It needs the system's Python and no library."""
