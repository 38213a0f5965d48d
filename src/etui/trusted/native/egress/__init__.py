"""Egress: the one process that opens connections to the network, for Extensions that have none.

Rules of this room:

1. A request goes to a host that the Router named for this very call, or it does not go: what the caller's manifest
   declares, and what the user granted. A sealed value narrows where it may go and opens no host.
2. A name is resolved once for each connection. Every address that comes back has to be public, and the connection is
   made to one of these addresses; what a test profile or a signed mapping of the operator names goes there instead.
3. A redirect is a new request: the host is looked at, resolved and checked again, and from https it stays https.
4. The certificate is verified against the name that was asked for. Plain http is for names of a test profile alone.
5. Lines, lengths, connection and coding of a request are made here; a caller cannot set them. No cookie is kept.
6. An inserted secret reaches one origin, is masked in everything that comes back, and stands in no log and no error.
7. Every size and every time has a limit. The process keeps nothing and ends with the lock.
"""
