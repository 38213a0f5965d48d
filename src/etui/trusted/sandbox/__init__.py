"""Confines extension processes, by bubblewrap, a filter of system calls and limits.

Call ``probe`` once; with the bubblewrap that it found, ``start`` makes a process of each ``Confinement``.
"""

from etui.trusted.sandbox.bubblewrap import installed as bubblewraps
from etui.trusted.sandbox.confined import Confined
from etui.trusted.sandbox.confinement import DATA, Confinement
from etui.trusted.sandbox.errors import ConfinementError, FilterError, SandboxError, StartError
from etui.trusted.sandbox.probe import Impossible, Possible, probe
from etui.trusted.sandbox.runtime import compile_code, python_runtime
from etui.trusted.sandbox.start import CHANNEL_FD, KEY_FD, start

__all__ = [
    "CHANNEL_FD",
    "DATA",
    "KEY_FD",
    "Confined",
    "Confinement",
    "ConfinementError",
    "FilterError",
    "Impossible",
    "Possible",
    "SandboxError",
    "StartError",
    "bubblewraps",
    "compile_code",
    "probe",
    "python_runtime",
    "start",
]
