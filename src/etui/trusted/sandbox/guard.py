"""A process that stands by while bubblewrap starts: if the starter ends meanwhile, it ends what was begun.

A confined process ends with its starter since bubblewrap, and the first process inside, each ask the kernel for a
signal at the death of their parent. Who has been forked and has not asked yet is left out, and the parent may die by
that very signal, or because nobody reads ``--info-fd`` any more: the first process then waits for it without end, or
goes on alone. Rules:

* bubblewrap is started in the guard's process group. Whatever it forks is in that group from the first moment on,
  until the first process inside makes a session of its own; the guard is told its id before it can;
* the guard waits at a pipe whose other end only the starter holds, closed on exec: however the starter ends, the
  kernel closes it. What is written there waits for the guard, so that nobody waits until it runs;
* the signal comes from a process outside. The first process of a namespace ignores any other, ``SIGKILL`` too, also
  when the kernel itself sends it for a descriptor (``F_SETSIG``);
* no other signal ends it: at the death of the starter there is a ``SIGHUP`` for its group if one in there is stopped;
* it is a shell, because that is there and starts in less time than what it guards.
"""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from typing import Final

from etui.trusted.sandbox.spawn import collect, spawn

_COMMAND: Final = ("/bin/sh", "-c", "read -r first; read -r end; kill -s KILL $first 0")
"""Both end at the end of the pipe; 0 is its own group, and the guard with it."""


class Guard:
    """A guard that stands by until it is dismissed."""

    __slots__ = ("_lifeline", "group")

    def __init__(self) -> None:
        """Raises ``OSError`` where there is no shell, or no room for one more process or its descriptors."""
        with ExitStack() as theirs, ExitStack() as ours:
            null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            theirs.callback(os.close, null)
            reader, self._lifeline = os.pipe()
            theirs.callback(os.close, reader)
            ours.callback(os.close, self._lifeline)
            self.group = spawn(_COMMAND, {0: reader, 1: null, 2: null}, group=0, blocked=signal.valid_signals())
            ours.pop_all()

    def watch(self, first: int) -> None:
        """Include the first process inside, by its id, whose session is about to be another one."""
        os.write(self._lifeline, b"%d\n" % first)

    def strike(self) -> None:
        """End the group now: bubblewrap, what it has forked, and the guard."""
        os.killpg(self.group, signal.SIGKILL)

    def dismiss(self) -> None:
        """Let it go; what it guarded stays. It may have been dismissed before."""
        if self._lifeline >= 0:
            os.kill(self.group, signal.SIGKILL)
            collect(self.group)
            os.close(self._lifeline)
            self._lifeline = -1
