"""Who is at the other end, and how strong the evidence for it is.

This room is asked for one thing: given a connected Unix socket, or a process and user id that a bus
named, say who that is. `examine_socket` and `examine` look; what they return never says more than
the system showed. Nothing here decides what anybody may do.

What looks is this process, or one that sees more (`RemoteLook`): to a managed wallet's Router, which has a user of
its own, the kernel does not show what a person's processes run.

Reading order: `look` (one look from start to end), `peer` and `procfs` (the only I/O), `identity`
(the judgement), `deputies`, `containers`, `scripts`, `sandboxes`, `versions` and `places` (what it knows); then
`asking`, `service` and `eyes`, the look in a process of its own. `origins` is
apart: who a page is says the browser, and there is but the form of it to judge.
"""

from etui.trusted.evidence.asking import RemoteLook
from etui.trusted.evidence.errors import EvidenceError, GoneError, NotAPeerError, UnsettledError
from etui.trusted.evidence.evidence import Evidence, Note, Strength
from etui.trusted.evidence.look import Look, examine, examine_socket, look_here
from etui.trusted.evidence.origins import Origin, OriginError, read_origin
from etui.trusted.evidence.peer import Peer, peer_of_socket

__all__ = [
    "Evidence",
    "EvidenceError",
    "GoneError",
    "Look",
    "NotAPeerError",
    "Note",
    "Origin",
    "OriginError",
    "Peer",
    "RemoteLook",
    "Strength",
    "UnsettledError",
    "examine",
    "examine_socket",
    "look_here",
    "peer_of_socket",
    "read_origin",
]
