"""Policy: Cedar in four layers, the user's grants, what they were spent on, and decisions that are kept.

It decides and does nothing: no socket, no file but its own policies, no clock.
"""

from etui.trusted.policy.clock import ForwardClock
from etui.trusted.policy.engine import PolicyEngine
from etui.trusted.policy.grants import Grant, GrantTable, Limit, Origin, Scope, ScopeType
from etui.trusted.policy.loading import must_only_forbid
from etui.trusted.policy.profiles import ProfileRule, compile_profile
from etui.trusted.policy.question import (
    ASKED,
    Action,
    Assurance,
    Decision,
    Outcome,
    PolicyError,
    Principal,
    PrincipalType,
    Question,
    Resource,
)
from etui.trusted.policy.spending import LimitReached, Reservation, Spending, Spent

__all__ = [
    "ASKED",
    "Action",
    "Assurance",
    "Decision",
    "ForwardClock",
    "Grant",
    "GrantTable",
    "Limit",
    "LimitReached",
    "Origin",
    "Outcome",
    "PolicyEngine",
    "PolicyError",
    "Principal",
    "PrincipalType",
    "ProfileRule",
    "Question",
    "Reservation",
    "Resource",
    "Scope",
    "ScopeType",
    "Spending",
    "Spent",
    "compile_profile",
    "must_only_forbid",
]
