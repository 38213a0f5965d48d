"""What whoever installs an Extension is told."""

from __future__ import annotations

from tests.trusted.package.packages import INTERFACE, manifest, signed, tree

from etui.interfaces import Transfer
from etui.trusted.package import Line, PublisherKey, permission_lines, read_manifest, summarise, verify

KEY = PublisherKey.generate()
MARKS = [mark.value for mark in Transfer]
ASKING = """
[permissions]
network = ["api.example.org"]
pcsc = true
removable = true
processes = 3
memory_mb = 128
"""
RULE = f"""
[[accessibility.rules]]
methods = ["{INTERFACE}.pay"]
least_assurance = "pin"
least_evidence = "verified"
only_clients = ["app:/usr/bin/shop"]
never_clients = ["app:/usr/bin/game"]
limits = [{{ currency = "EUR", amount_minor = 5000 }}]
"""


def texts(lines: tuple[Line, ...], *, new: bool | None = None) -> str:
    return "\n".join(line.text for line in lines if new is None or line.new is new)


def test_a_first_install_is_told_with_publisher_and_each_permission_with_its_consequence() -> None:
    verified = verify(signed(KEY, tree(manifest(uses='["secret/1"]', extra=ASKING + RULE))))
    summary = summarise(verified)
    assert (summary.publisher, summary.fingerprint, summary.replaces) == ("org.example", verified.fingerprint, "")
    for words in (
        "api.example.org",
        "smart card readers",
        "memory cards",
        "3 processes",
        "Secrets (secret/1)",
        "64 MiB",
    ):
        assert words in texts(summary.asks)
    assert "no network" not in texts(summary.asks)
    assert all(line.consequence for line in summary.asks if "keeps up to" not in line.text)
    assert INTERFACE in texts(summary.provides)
    for words in ("your PIN or passphrase", "verified", "/usr/bin/shop", "never for app:/usr/bin/game", "50.00 EUR"):
        assert words in texts(summary.narrows)
    assert not any(line.new for line in (*summary.asks, *summary.provides))


def test_a_rule_that_demands_nothing_is_not_mentioned() -> None:
    rule = f'[[accessibility.rules]]\nmethods = ["{INTERFACE}.pay"]\nonly_clients = []\n'
    assert summarise(verify(signed(KEY, tree(manifest(extra=rule))))).narrows == ()


def test_a_rule_above_an_amount_says_so() -> None:
    demand = 'least_assurance = "pin"\nabove = [{currency = "EUR", amount_minor = 5000}]'
    rule = f'[[accessibility.rules]]\nkinds = ["permit"]\n{demand}\n'
    (line,) = summarise(verify(signed(KEY, tree(manifest(extra=rule))))).narrows
    assert "of the kind permit, about more than 50.00 EUR: " in line.text


def test_a_package_that_asks_for_nothing_says_that_it_has_no_network() -> None:
    assert "It has no network." in texts(summarise(verify(signed(KEY))).asks)


def test_who_may_ask_egress_for_hosts_is_not_said_to_have_no_network() -> None:
    asks = summarise(verify(signed(KEY, tree(manifest(uses='["egress/1"]'))))).asks
    assert "no network" not in texts(asks)
    (line,) = [line for line in asks if "hosts" in line.text]
    assert line.text == "It may ask you to reach hosts that it does not name."
    assert "could be sent" in line.consequence


def test_who_names_hosts_may_ask_for_others_too() -> None:
    asking = '[permissions]\nnetwork = ["api.example.org"]'
    asks = texts(summarise(verify(signed(KEY, tree(manifest(uses='["egress/1"]', extra=asking))))).asks)
    assert "It reaches api.example.org over the network." in asks
    assert "It may ask you to reach hosts that it does not name." in asks


def test_an_update_that_begins_to_use_egress_says_what_that_is_as_new() -> None:
    before = read_manifest(manifest())
    summary = summarise(verify(signed(KEY, tree(manifest(version="2.0.0", uses='["egress/1"]')))), before)
    assert "It may ask you to reach hosts" in texts(summary.asks, new=True)


def test_what_an_entry_is_for_is_told_in_its_publishers_words_that_cannot_pose_as_the_wallets() -> None:
    text = "Shows all.” It has no network. What it holds cannot leave."
    link = f'[[links]]\ntitle = "My permits"\ntext = "{text}"\nmethod = "{INTERFACE}.pay"'
    (line,) = summarise(verify(signed(KEY, tree(manifest(extra=link))))).provides[1:]
    assert line.text == "It puts the entry “My permits” into the wallet."
    said = "Shows all.' It has no network. What it holds cannot leave."
    assert line.consequence == f"The entry calls the Extension. Its publisher says of it: “{said}”"


def test_how_much_it_keeps_is_told_and_who_keeps_nothing_says_nothing_of_it() -> None:
    def asked(count: int) -> str:
        return texts(permission_lines(read_manifest(manifest(extra=f"[quota]\nbytes = {count}"))))

    assert "It keeps up to 9 bytes in the wallet's storage." in asked(9)
    assert "keeps up to" not in asked(0)


def test_what_is_to_become_of_copies_is_told_as_the_extensions_word_and_not_as_the_wallets_promise() -> None:
    lines = {mark: permission_lines(read_manifest(manifest(transfer=f'"{mark}"')))[-1] for mark in MARKS}
    assert all("Backups and exports" in line.consequence for line in lines.values())
    assert all("up to the Extension" in lines[mark].consequence for mark in MARKS if mark != "copyable")
    assert all(lines[mark].text.startswith("It says that") for mark in MARKS if mark != "copyable")


def test_a_providers_folder_is_told() -> None:
    text = manifest(provides='["storage/1"]', interfaces="", extra="[permissions]\nfolder = true")
    assert "keeps a folder" in texts(permission_lines(read_manifest(text)))


def test_on_an_update_what_is_new_comes_first_and_what_is_dropped_is_told() -> None:
    before = read_manifest(manifest(uses='["secret/1"]', extra=RULE))
    verified = verify(signed(KEY, tree(manifest(version="2.0.0", transfer='"bound"', extra=ASKING))))
    summary = summarise(verified, before)
    assert summary.replaces == "1.0.0"
    assert "api.example.org" in texts(summary.asks, new=True)
    assert "64 MiB" in texts(summary.asks, new=False)
    assert [line.new for line in summary.asks] == sorted((line.new for line in summary.asks), reverse=True)
    assert "with your PIN or passphrase" in texts(summary.loosens, new=True)
    assert texts(summary.gives_up) == "It uses Secrets (secret/1)."
    assert not any(line.new for line in summary.provides)


def test_an_update_that_asks_for_the_same_has_nothing_new() -> None:
    before = read_manifest(manifest(extra=ASKING + RULE))
    verified = verify(signed(KEY, tree(manifest(version="2.0.0", extra=ASKING + RULE))))
    summary = summarise(verified, before)
    assert not any(line.new for line in (*summary.asks, *summary.provides))
    assert summary.loosens == summary.gives_up == ()


def test_a_network_that_is_given_up_is_told_as_that_alone() -> None:
    before = read_manifest(manifest(extra=ASKING))
    summary = summarise(verify(signed(KEY, tree(manifest(version="2.0.0")))), before)
    assert "api.example.org" in texts(summary.gives_up)
    assert texts(summary.asks, new=True) == ""
    assert "It has no network." in texts(summary.asks)
