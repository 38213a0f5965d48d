"""``etui doctor``: what holds on this machine and what does not, with the consequence for this wallet and the cure.

Rules of this folder:

1. It changes nothing, asks nobody and reaches no network. A service that does not run is not started by looking at it.
2. What the wallet's trusted part decides by is said by that part: by its Router in ``wallet/1.status``, and by the
   ``examination`` that the supervisor's room has, in a process of its own. Nothing of it is looked up a second time.
3. ``gathering`` waits for what answers, each with a bound, all at once. Everything else reads files below one root,
   which may be another machine's, and judges.
4. Whatever is missing or broken, the rest is looked at.
"""

from etui.cli.doctor.command import COMMAND

__all__ = ["COMMAND"]
