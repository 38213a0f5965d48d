"""A decision is kept under everything that went into it: no question is given the decision of another."""

import msgspec
from hypothesis import example, given, settings
from tests.trusted.policy.questions import (
    CLIENT,
    DOOR,
    EXTENSION,
    FETCH,
    LOOK,
    MINE,
    NOW,
    PAY,
    SHOW,
    TEXTS,
    WHOLE,
    engine,
    grant,
    question,
    questions,
)

from etui.trusted.policy import (
    Assurance,
    GrantTable,
    PrincipalType,
    Question,
)

NOTHING = GrantTable()


def parts_of(asked: Question) -> list[Question]:
    """The same question with any one of its parts another."""
    principal, resource, action = asked.principal, asked.resource, asked.action
    replaced = msgspec.structs.replace
    others = [
        *(replaced(principal, type=kind) for kind in PrincipalType),
        *(replaced(principal, id=name) for name in (CLIENT.id, DOOR.id, EXTENSION.id)),
        *(replaced(principal, strength=strength) for strength in (1, 2, 3)),
        *(replaced(principal, groups=groups) for groups in ((), ("session",))),
        *(replaced(principal, uses=uses) for uses in ((), EXTENSION.uses)),
        *(replaced(principal, hosts=hosts) for hosts in ((), EXTENSION.hosts)),
        *(replaced(principal, tellable=tellable) for tellable in (True, False)),
    ]
    places = [
        replaced(resource, extension=EXTENSION.id),
        *(replaced(resource, item=item) for item in ("i-1", "i-2")),
        *(replaced(resource, kind=kind) for kind in ("login", "pin")),
        *(replaced(resource, group=group) for group in ("work", "")),
        WHOLE,
    ]
    fields = [
        {},
        {**asked.fields, "amount": 1},
        {**asked.fields, "amount": 101},
        {**asked.fields, "amount": True},
        {**asked.fields, "currency": "USD"},
        {**asked.fields, "express": True},
        {**asked.fields, "express": 1},
        {**asked.fields, "host": "bank.example"},
    ]
    return [
        *(replaced(asked, principal=other) for other in others),
        *(replaced(asked, resource=place) for place in places),
        *(replaced(asked, action=replaced(action, own=own)) for own in (True, False)),
        *(replaced(asked, action=replaced(action, interface=name)) for name in ("wallet/1", "org.example.shop/1")),
        *(question(method, principal, resource, fields=asked.fields) for method in (LOOK, SHOW, PAY, MINE, FETCH)),
        *(replaced(asked, fields=other) for other in fields),
        *(replaced(asked, chain=chain) for chain in ((), ("app:/first",))),
        *(replaced(asked, derived=derived) for derived in (True, False)),
        *(replaced(asked, covered=covered) for covered in (True, False)),
        *(replaced(asked, given=assurance) for assurance in Assurance),
    ]


READS_EVERYTHING = """
@id("strength") forbid (principal, action, resource) when { context.strength < 2 };
@id("client") forbid (principal, action, resource) when { context.client == "door:browser" && context.assurance < 2 };
@id("chain") forbid (principal, action, resource) when { context.chain.contains("app:/first") };
@id("own") forbid (principal, action, resource) when { context.own && principal is Client };
@id("interface") forbid (principal, action, resource) when { context.interface == "wallet/1" };
@id("group") forbid (
    principal in Clients::"session",
    action == Action::"org.example.shop/1.show",
    resource in Group::"ext:etui/etui.secrets#work"
) when { context.assurance < 2 };
@id("kind") forbid (principal, action, resource in Kind::"ext:etui/etui.secrets#pin") when { context.assurance < 2 };
@id("express") forbid (principal, action, resource) when { context has express && context.express == true };
@id("amount") forbid (principal, action, resource) when { context has amount && context.amount > 100 };
@id("currency") forbid (principal, action, resource) when { context has currency && context.currency == "USD" };
@id("item") forbid (principal, action, resource == Item::"ext:etui/etui.secrets#i-2") when { context.assurance < 2 };
"""
KNOWING = engine(operator=READS_EVERYTHING)
FRESH = engine(operator=READS_EVERYTHING)


@settings(max_examples=40)
@given(asked=questions())
@example(asked=question(PAY))
@example(asked=question(SHOW))
@example(asked=question(MINE, EXTENSION, WHOLE))
@example(asked=question(FETCH, EXTENSION, WHOLE, fields={"host": "bank.example"}))
def test_decision_of_one_question_is_never_given_for_another(asked: Question) -> None:
    held = GrantTable([grant(actions=("org.example.shop/1",)), grant("g-2", client="group:session")])
    KNOWING.drop()
    KNOWING.decide(asked, held, NOW)
    for other in parts_of(asked):
        FRESH.drop()
        assert KNOWING.decide(other, held, NOW) == FRESH.decide(other, held, NOW)


@given(name=TEXTS, value=TEXTS)
def test_texts_of_two_fields_are_not_taken_for_each_other(name: str, value: str) -> None:
    rules = KNOWING
    rules.drop()
    first = question(PAY, fields={"currency": name, "payee": value})
    second = question(PAY, fields={"currency": value, "payee": name})
    rules.decide(first, NOTHING, NOW)
    swapped = rules.decide(second, NOTHING, NOW)
    FRESH.drop()
    assert swapped == FRESH.decide(second, NOTHING, NOW)
