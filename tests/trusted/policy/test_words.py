"""What policies say to people: each of the manufacturer's, and each kind of other ones by its id."""

from __future__ import annotations

import re

import pytest

from etui.trusted.policy.loading import MANUFACTURER
from etui.trusted.policy.words import said


def test_every_policy_of_the_manufacturer_is_said_in_a_sentence_of_its_own() -> None:
    ids = re.findall(r'@id\("([^"]+)"\)', MANUFACTURER.read_text(encoding="utf-8"))
    sentences = [said(policy) for policy in ids]
    assert all(sentence.endswith(".") for sentence in sentences), dict(zip(ids, sentences, strict=True))
    assert len(set(sentences)) == len(ids) > 10


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("operator/house.cedar/3", "policy file"),
        ("profile/ext:etui/org.etui.secrets/1.login", "Extension"),
        ("g-0123456789ab", "take back"),
        ("t-0123456789ab", "until the lock"),
    ],
)
def test_a_policy_of_another_layer_is_said_by_where_it_comes_from(policy: str, words: str) -> None:
    assert words in said(policy)


def test_of_what_is_not_known_nothing_is_said() -> None:
    assert said("nothing permits it") == ""
