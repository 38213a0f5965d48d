"""The watch over the person's session: it hears when the screen is locked, the user leaves, or the machine will sleep.

Rules of this room:

1. It only ever says "lock". Nothing that is heard unlocks, and nothing has to be asked for first.
2. A signal counts only from the connection that owns the service's well-known name at that moment. Whoever else says
   so may lock the wallet by other ways; what is malformed is passed over.
3. Of sessions only ours counts: ``logind`` says which that is.
4. What was missed while it could not listen is asked for: at its start, and when a service comes back.
5. While it runs, the machine does not sleep before the wallet has locked, or three seconds have passed.
6. It holds no key and no secret, and lives on through the lock.
"""
