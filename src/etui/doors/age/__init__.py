"""The door for age: ``age-plugin-etui``, by which age encrypts to and decrypts with a key that stays in the wallet.

Rules of this door:

1. It holds no key. Of each file it sees the file key, which travels sealed to it, goes to age and ends with it: it is a
   process of its own for each run of age, and nothing of it stays.
2. An identity names a key by its public part. Whoever has the identity can ask the wallet, and no more.
3. Each use is the wallet's decision; encrypting needs no wallet.
4. It starts fast, since age waits for it: it imports no part of Etui but ``standards.age`` and speaks the Router's
   protocol by itself (``wallet.py``). By the SDK it would take twice as long to start.
"""
