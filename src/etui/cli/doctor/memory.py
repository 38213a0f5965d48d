"""Where what is in memory may end up: swap, core files, a chip that keeps secrets."""

from __future__ import annotations

import os
import resource
from typing import Final

from etui.cli.doctor.findings import Finding, Machine, State, holds
from etui.cli.doctor.told import Silence

_UNSWAPPED: Final = "unswapped"
_ENCRYPT: Final = (
    "encrypt it (`/etc/crypttab`: `swap DEVICE /dev/urandom swap`), use zram in its place, or do without: `swapoff -a`"
)
_CORES: Final = "`ulimit -c 0` in ~/.profile; for systemd-coredump, `Storage=none` in /etc/systemd/coredump.conf"
_TPM_VERSION: Final = "/sys/class/tpm/tpm0/tpm_version_major"
_TPM_DEVICE: Final = "/dev/tpmrm0"
_WITHOUT: Final = "No PIN can unlock this wallet, and nothing tells an older copy of all of it; nothing else needs one."


def swap(machine: Machine) -> Finding:
    """Whether memory may be written to a disk in the clear."""
    examination = machine.told.examination
    if isinstance(examination, Silence):
        return Finding(State.UNSEEN, f"The wallet's examination does not run: {examination.reason}.")
    if not examination.swapped_to:
        return holds("Memory is not swapped to a disk in the clear.")
    return Finding(
        State.WEAKENS,
        f"Memory is swapped to {', '.join(examination.swapped_to)}, which is not known to be encrypted.",
        "What Extensions, doors, the dialog and egress hold, secrets too, may be written to that disk.",
        _ENCRYPT,
    )


def locked_memory(machine: Machine) -> Finding:
    """Whether the processes that hold keys keep them out of swap."""
    examination = machine.told.examination
    if isinstance(examination, Silence):
        return Finding(State.UNSEEN, f"The wallet's examination does not run: {examination.reason}.")
    lost = [each.words for each in examination.memory if not each.held and each.guard == _UNSWAPPED]
    if not lost:
        return holds("The keys of vault and Router are never written to swap (mlockall).")
    return Finding(
        State.WEAKENS if examination.swapped_to else State.LIMITS,
        lost[0],
        "The master key may be written to swap." if examination.swapped_to else "Nothing is swapped in the clear now.",
        "as root, `* - memlock unlimited` in /etc/security/limits.d/etui.conf, then log in anew; for a systemd user "
        "session `LimitMEMLOCK=infinity` in /etc/systemd/system/user@.service.d/etui.conf",
    )


def untraceable(machine: Machine) -> Finding:
    """Whether the processes that hold keys can be traced, or leave a core file."""
    examination = machine.told.examination
    if isinstance(examination, Silence):
        return Finding(State.UNSEEN, f"The wallet's examination does not run: {examination.reason}.")
    lost = [each.words for each in examination.memory if not each.held and each.guard != _UNSWAPPED]
    if not lost:
        return holds("The wallet's processes refuse to be traced, and leave no core file.")
    return Finding(State.STOPS, " ".join(lost), "The wallet does not start where its processes can be read.")


def core_files(machine: Machine) -> Finding:
    """Where a program that crashes leaves its memory."""
    pattern = machine.read("/proc/sys/kernel/core_pattern").strip()
    soft, _ = resource.getrlimit(resource.RLIMIT_CORE)
    if pattern.startswith("|"):
        where = f"is handed to {pattern[1:].split(' ', 1)[0]}"
    elif soft and pattern:
        where = f"is written to {'its folder' if '/' not in pattern else pattern}"
    else:
        return holds("A program that crashes leaves no core file.")
    return Finding(
        State.LIMITS,
        f"What a crashing program had in memory {where}.",
        "The wallet's processes leave none; a program that was given a secret leaves it there.",
        _CORES,
    )


def tpm(machine: Machine) -> Finding:
    """Whether there is a TPM 2.0 that this user may use; nothing is asked of it."""
    version = machine.number(_TPM_VERSION)
    device = machine.below(_TPM_DEVICE)
    if version is None and not device.exists():
        return Finding(State.LIMITS, "There is no TPM.", _WITHOUT)
    if version is not None and version != 2:  # noqa: PLR2004  # TPM 2.0
        return Finding(State.LIMITS, f"There is a TPM {version}, not 2.0.", _WITHOUT)
    if not device.exists():
        return Finding(
            State.LIMITS,
            f"There is a TPM 2.0 without {_TPM_DEVICE}.",
            _WITHOUT,
            "a kernel with its driver: as root `modprobe tpm_tis` or `modprobe tpm_crb`",
        )
    if not os.access(device, os.R_OK | os.W_OK):
        return Finding(
            State.LIMITS,
            f"There is a TPM 2.0, and {_TPM_DEVICE} is not yours to use.",
            _WITHOUT,
            "as root `adduser YOU tss` (package tpm-udev), then log in anew",
        )
    return holds("There is a TPM 2.0 that you may use: `etui pin --unlock`, `etui set tpm_anchor on`.")
