"""The passphrase that is offered holds what it says."""

from __future__ import annotations

import hashlib
import itertools

from etui.sealing.passphrase import prepared_new
from etui.trusted.vault.phrases import _word_list, generate_passphrase


def test_the_words_are_those_of_the_effs_long_list() -> None:
    """SHA-256 of https://www.eff.org/files/2016/07/18/eff_large_wordlist.txt, which has dice beside each word."""
    dice = ("".join(throw) for throw in itertools.product("123456", repeat=5))
    text = "".join(f"{throw}\t{word}\n" for throw, word in zip(dice, _word_list(), strict=True))
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert digest == "addd35536511597a02fa0a9ff1e5284677b8883b83e986e43f15a3db996b903e"


def test_six_words_are_offered_with_their_bits() -> None:
    generated = generate_passphrase()
    words = generated.text.reveal_text().split(" ")
    assert len(words) == 6
    assert set(words) <= set(_word_list())
    assert 77.5 < generated.bits < 77.6
    assert prepared_new(generated.text) == generated.text


def test_no_passphrase_is_offered_twice() -> None:
    assert len({generate_passphrase().text.reveal() for _ in range(50)}) == 50
