"""What a door is made of: peers, and a line to the Router on which it asks for each of them.

A door speaks for other programs: it introduces each one's process, which the Router looks at itself, and asks on its
behalf. Its line is kept over the Router's restarts, so that a lock ends no program's session at the door.
"""

from etui.sdk.door.asking import ANSWER_S, Ask, Question
from etui.sdk.door.control import Control
from etui.sdk.door.foreign import params_of
from etui.sdk.door.link import Link, Posting
from etui.sdk.door.patience import Patience
from etui.sdk.door.peers import CLAIMED, Introduction, Peer, Process, start_of
from etui.sdk.door.place import listener_at, runtime_folder
from etui.sdk.door.process import Attaching, begin, door_parser
from etui.sdk.door.unlocking import Unlocking, Waiter

__all__ = [
    "ANSWER_S",
    "CLAIMED",
    "Ask",
    "Attaching",
    "Control",
    "Introduction",
    "Link",
    "Patience",
    "Peer",
    "Posting",
    "Process",
    "Question",
    "Unlocking",
    "Waiter",
    "begin",
    "door_parser",
    "listener_at",
    "params_of",
    "runtime_folder",
    "start_of",
]
