"""The door for programs that speak org.freedesktop.secrets: libsecret, SecretStorage, keyring, KDE's and others.

Rules of this room:

1. It decides nothing: who may see or read what is the Router's decision, for the peer that asks.
2. It holds no item and no list of items. Paths are made from references and lead back to them.
3. What passes in an encrypted session it relays under the session's key. It keeps that key, over the wallet's lock, and
   could read its own sessions with it.
4. What passes in a plain session it sees, as long as it takes to pass it on, and Python keeps copies that nothing
   reaches; this process outlives the lock. Whoever wants no plaintext here uses encrypted sessions, as libsecret and
   SecretStorage do.
5. It says "not found" only where the Router did, or where a path could not be one of its own.
"""
