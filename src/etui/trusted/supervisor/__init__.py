"""Starts, watches and ends every process, owns the listening sockets and never holds a key."""
