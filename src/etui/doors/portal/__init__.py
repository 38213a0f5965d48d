"""The door for sandboxed programs: org.freedesktop.impl.portal.Secret, which the desktop's portal asks for them.

::

    sandboxed program ──► xdg-desktop-portal ──► this door ──► secret/1 (for the sandboxed program)
            ▲   └────────────────┐                  │
            └── 64 bytes over the program's own pipe ┘

Rules of this room:

1. It serves the desktop's portal alone, by its program; whoever else calls is refused and reported.
2. The Client is the sandboxed program. The portal names its connection in the handle of each request, and the Router
   looks at the process behind that itself: the secret is given where it finds the very application that the portal
   names. So nobody's word decides, the portal's neither.
3. It says that there is no secret yet only where the Router did: whoever has another secret than before loses what it
   has encrypted.
4. A secret passes through it in the clear, since programs take it so. When the wallet locks, a door through which one
   has passed ends, and another one starts.
"""
