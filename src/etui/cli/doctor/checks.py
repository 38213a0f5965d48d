"""Every check, by its id, with its title, in the order in which those of one weight are told.

An id is for programs and stays; ``docs/doctor.md`` says what each one looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from etui.cli.doctor import installation, kernel, memory, running, session, storage, surroundings
from etui.cli.doctor.findings import Check

CHECKS: Final[Mapping[str, tuple[str, Check]]] = MappingProxyType(
    {
        "confinement": ("Confinement", kernel.confinement),
        "python.version": ("Python", installation.python),
        "python.packages": ("Python packages", installation.wheels),
        "debian.packages": ("Debian packages", installation.debian),
        "installed": ("Installation", installation.installed),
        "wallet.running": ("Wallet", running.running),
        "wallet.notes": ("Wallet's notes", running.notes),
        "wallet.folder": ("Profile", storage.profile),
        "wallet.filesystem": ("File system", storage.file_system),
        "wallet.space": ("Disk space", storage.space),
        "runtime.folder": ("Socket's folder", storage.runtime),
        "display": ("Display", session.display),
        "swap": ("Swap", memory.swap),
        "memory.locked": ("Locked memory", memory.locked_memory),
        "memory.guarded": ("Guarded memory", memory.untraceable),
        "memory.cores": ("Core files", memory.core_files),
        "memory.tracing": ("Tracing", kernel.tracing),
        "kernel.version": ("Kernel", kernel.kernel),
        "kernel.pidfd": ("Process descriptors", kernel.pidfd),
        "kernel.seccomp": ("System calls", kernel.seccomp),
        "kernel.landlock": ("Landlock", kernel.landlock),
        "kernel.entropy": ("Randomness", surroundings.entropy),
        "clock": ("Clock", surroundings.clock),
        "bus.session": ("Session bus", session.session_bus),
        "bus.system": ("System bus", session.system_bus),
        "logind": ("Logind", session.logind),
        "secrets.owner": ("Secret Service", session.secrets),
        "ssh.agent": ("SSH agent", session.agent),
        "browser.hosts": ("Browsers", installation.browsers),
        "tpm": ("TPM", memory.tpm),
        "user": ("User", surroundings.user),
        "container": ("Container", surroundings.container),
        "umask": ("Umask", surroundings.umask),
        "locale": ("Locale", surroundings.language),
    }
)
