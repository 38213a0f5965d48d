"""Who asks fprintd, on the system bus, whether a finger is the person's: a process for each question.

Rules of this room:

1. It only ever says what fprintd said. Whether that is asked for, and what it is worth, the Router decides.
2. fprintd counts by the name that root alone may own on the system bus, and by no other bus.
3. The reader is claimed for as long as a question is shown, and for the user that this process runs as: fprintd finds
   out who that is by itself. With the end of this process, however it ends, fprintd releases the reader.
4. It holds no key and no secret, and reads no fingerprint: these stay with fprintd.
"""
