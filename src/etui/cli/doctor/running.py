"""The wallet itself, where one runs."""

from __future__ import annotations

from typing import Final

import etui
from etui.cli.doctor.findings import Finding, Machine, State, holds
from etui.cli.doctor.told import Running
from etui.cli.output import single_line

_ANEW: Final = "`etui stop`, then `etui up`"
_STATES: Final = {"none": "has no wallet in it yet (`etui init`)", "locked": "is locked", "unlocked": "is unlocked"}


def running(machine: Machine) -> Finding:
    """Whether a wallet runs for this profile, and is of this version."""
    told = machine.told.wallet
    if told is None:
        text = "Programs do not reach it."
        return Finding(State.LIMITS, "No wallet runs for this profile.", text, "`./run`, or `etui up`")
    if isinstance(told, str):
        text = "Programs that ask it may wait as well."
        found = single_line(f"A wallet runs and does not answer as it should: {told}.")
        return Finding(State.STOPS, found, text, _ANEW)
    if told.status.version != etui.__version__:
        versions = f"The wallet that runs is of version {told.status.version}, this command of {etui.__version__}."
        return Finding(State.WEAKENS, versions, "What is new is not there yet.", _ANEW)
    if told.status.test:
        return Finding(State.LIMITS, "A test profile runs.", "It may be scripted, and guards nothing.")
    return holds(f"The profile runs, and {_STATES[told.status.state]}.")


def notes(machine: Machine) -> Finding:
    """What the wallet itself has to say of how it is."""
    told = machine.told.wallet
    if not isinstance(told, Running):
        return holds("No wallet runs that would say more.")
    if not told.status.notes:
        return holds("The wallet has nothing to add.")
    said = "; ".join(single_line(note).rstrip(".") for note in told.status.notes)
    return Finding(State.LIMITS, f"The wallet says: {said}.", "Each note says what follows; `etui status` lists them.")
