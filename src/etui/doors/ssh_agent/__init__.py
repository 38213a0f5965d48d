"""The door for SSH: an agent (RFC 9987) whose keys stay in the Extension that provides ``ssh/1``.

Rules of this door:

1. It holds no key and signs nothing. It says what is to be signed, for whom and to which host, and the Extension reads
   the same bytes before it signs. A key that a program lends goes on to the Extension, sealed; a door through which one
   came ends with the lock.
2. What is neither a log-in nor an SSH signature is not signed.
3. A connection that was bound to a host for forwarding speaks for that host: whatever comes over it is asked about each
   time.
4. What comes over such a connection lends, takes back and locks nothing.
5. Each connection is a peer of its own, by the process at its other end.
"""
