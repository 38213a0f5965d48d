"""Paired browsers at a real Router: who speaks for pages, and who does not; each refusal is on record."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pytest
import uvloop
from tests.trusted.router.browser_door import SHOP, Door, Profile, Wallet, program, result_of

from etui.interfaces import Request
from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import Envelope, ErrorCode, ProtocolError
from etui.trusted.archive import Folder, look_over, unpack_archive, write_archive
from etui.trusted.audit import AuditRecord, Outcome

PAIR = "pair the browser"
UID = os.getuid()
Story: TypeAlias = Callable[[Wallet, Door, Path], Coroutine[Any, Any, None]]


def play(folder: Path, story: Story) -> None:
    """Plays a story in a wallet that is unlocked, with a door to which the namespace is assigned."""

    async def run() -> None:
        async with asyncio.timeout(60), Wallet.opened(folder) as wallet:
            wallet.user.approves(action_contains=PAIR)
            await story(wallet, await wallet.door(), folder)

    uvloop.run(run())


async def refused(asked: Coroutine[Any, Any, object]) -> ProtocolError:
    """The error that answers."""
    with pytest.raises(ProtocolError) as caught:
        await asked
    return caught.value


async def stored(door: Door, page: wallet_interface.IntroduceWithinResult) -> str:
    """A page's reference to a note that it has just stored."""
    request = secret.Create(kind="note", label="Basket", attributes={}, value=bytes(80))
    return (await door.call(request, Envelope(speaks_for=page.peer))).item.item


async def shown(wallet: Wallet, principal: str) -> dict[str, Any]:
    """The question of this Client that the user sees now."""
    while True:
        for question in wallet.user.asked():
            if question["principal"] == principal:
                return question
        await asyncio.sleep(0.01)


def denied(wallet: Wallet, method: str) -> AuditRecord:
    """The newest record, of a refusal of this method."""
    newest = wallet.records()[0]
    assert (newest.action, newest.outcome) == (method, Outcome.DENIED)
    return newest


@pytest.mark.timeout(90)
def test_the_pages_of_a_paired_browser_are_clients_of_their_own(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        profile = Profile()
        with program(folder, "chromium") as chromium:
            host = await door.host(chromium, UID)
            pairing = await door.pair(host, profile)
            (asked,) = wallet.user.asked()
            assert asked["asker"] == "chromium"
            assert asked["lead"].endswith("pair the browser “Chromium” with this wallet"), asked
            page = await door.page(host)
            other = await door.page(host, "https://other.example:8443")
            assert (page.client, page.label, page.strength) == (f"web:{SHOP}@{pairing}", "shop.example", "observed")
            assert (other.client, other.label) == (f"web:https://other.example:8443@{pairing}", "other.example:8443")
        with program(folder, "chromium") as later:
            host = await door.host(later, UID)
            await door.prove(host, profile, pairing)
            assert (await door.page(host)).client == page.client
        assert len(wallet.user.asked()) == 1

    play(short_dir, story)


@pytest.mark.attack(176)
@pytest.mark.timeout(90)
def test_who_starts_the_native_host_speaks_for_no_page_before_the_user_says_so(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        wallet.user.refuses(action_contains=PAIR)
        with program(folder, "thief") as thief:
            host = await door.host(thief, UID)
            error = await refused(door.page(host))
            assert error.code is ErrorCode.DENIED
            assert error.why
            assert "proven no pairing" in denied(wallet, "wallet/1.introduce_within").reason
            assert (await refused(door.pair(host, Profile(), quiet=True))).code is ErrorCode.DENIED
            assert "would have had to be asked" in denied(wallet, "wallet/1.pair").reason
            assert not wallet.user.asked()
            codes = [(await refused(door.pair(host, Profile(), name=f"B{n}"))).code for n in range(32)]
            assert codes == [ErrorCode.REFUSED] * 30 + [ErrorCode.NOT_NOW] * 2
            assert (await refused(door.page(host))).code is ErrorCode.DENIED

    play(short_dir, story)


@pytest.mark.attack(177)
@pytest.mark.timeout(90)
def test_the_key_of_a_paired_browser_counts_from_its_own_program_and_door_alone(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        profile = Profile()
        with program(folder, "chromium") as chromium, program(folder, "thief") as thief:
            pairing = await door.pair(await door.host(chromium, UID), profile)
            stolen = await door.host(thief, UID)
            assert (await refused(door.prove(stolen, profile, pairing))).code is ErrorCode.DENIED
            refusal = denied(wallet, "wallet/1.prove")
            assert refusal.reason == "the pairing is that of chromium, and no other program's"
            assert refusal.subject is not None
            assert refusal.subject.label == "thief"
            assert (await refused(door.page(stolen))).code is ErrorCode.DENIED
            other = await wallet.door("other")
            host = await other.host(chromium, UID)
            assert (await refused(other.prove(host, profile, pairing))).code is ErrorCode.DENIED
            assert denied(wallet, "wallet/1.prove").chain == ("door:other",)

    play(short_dir, story)


@pytest.mark.attack(178)
@pytest.mark.timeout(90)
def test_a_proof_is_good_once_for_the_process_that_it_was_made_for(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        profile, stranger = Profile(), Profile()
        with program(folder, "chromium") as chromium:
            pairing = await door.pair(await door.host(chromium, UID), profile)
            first, second, third, fourth = [await door.host(chromium, UID) for _ in range(4)]
            assert len({host.challenge for host in (first, second, third, fourth)}) == 4
            assert first.challenge is not None
            seen = profile.sign(first.challenge, pairing)
            await door.prove(first, profile, pairing)
            replayed = wallet_interface.Prove(pairing=pairing, signature=seen)
            error = await refused(door.call(replayed, Envelope(speaks_for=second.peer)))
            assert error.code is ErrorCode.DENIED
            assert error.why
            assert "signature" in denied(wallet, "wallet/1.prove").reason
            assert (await refused(door.prove(second, profile, pairing))).code is ErrorCode.DENIED
            assert "used up" in denied(wallet, "wallet/1.prove").reason
            assert (await refused(door.prove(third, stranger, pairing))).code is ErrorCode.DENIED
            assert (await refused(door.prove(fourth, profile, "0" * 12))).code is ErrorCode.UNKNOWN_ITEM
            assert "no such pairing" in denied(wallet, "wallet/1.prove").reason
            for host in (second, third, fourth):
                assert (await refused(door.page(host))).code is ErrorCode.DENIED
            assert (await refused(door.prove(first, profile, pairing))).code is ErrorCode.CONFLICT
            await door.page(first)

    play(short_dir, story)


@pytest.mark.attack(179)
@pytest.mark.timeout(90)
def test_a_door_without_the_namespace_speaks_for_no_page(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        profile = Profile()
        plain = await wallet.door("secret-service", None)
        with program(folder, "chromium") as chromium:
            pairing = await door.pair(await door.host(chromium, UID), profile)
            host = await plain.host(chromium, UID)
            assert host.challenge is None
            host = msgspec.structs.replace(host, challenge=bytes(32))
            for asked in (plain.pair(host, profile), plain.prove(host, profile, pairing), plain.page(host)):
                assert (await refused(asked)).code is ErrorCode.DENIED
                assert "namespace" in wallet.records()[0].reason
            client = await wallet.program()
            assert (await refused(client.call(wallet_interface.IntroduceWithin(name=SHOP)))).code is ErrorCode.DENIED
            assert "namespace" in denied(wallet, "wallet/1.introduce_within").reason
            assert len(wallet.user.asked()) == 1

    play(short_dir, story)


@pytest.mark.attack(180)
@pytest.mark.timeout(90)
def test_an_origin_that_is_not_as_browsers_write_it_is_nobody(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        with program(folder, "chromium") as chromium:
            host = await door.host(chromium, UID)
            await door.pair(host, Profile())
            for lie in ("https://shop.example@evil.example", "https://shop.example/", "https://Shop.example", "null"):
                error = await refused(door.page(host, lie))
                assert error.code is ErrorCode.INVALID_PARAMS
                assert error.why
                assert lie in denied(wallet, "wallet/1.introduce_within").reason
            assert (await door.page(host, "https://xn--mnchen-3ya.example")).label == (
                "münchen.example (xn--mnchen-3ya.example)"
            )
            assert (await door.page(host, "https://xn--80ak6aa92e.com")).label == "xn--80ak6aa92e.com"

    play(short_dir, story)


@pytest.mark.attack(181)
@pytest.mark.timeout(90)
def test_a_browser_that_is_unpaired_while_it_asks_gets_nothing_more(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        keeper = await wallet.keeper()
        profile = Profile()
        with program(folder, "chromium") as chromium:
            host = await door.host(chromium, UID)
            pairing = await door.pair(host, profile)
            page = await door.page(host)
            kept = await stored(door, page)
            other = await door.page(host, "https://other.example")
            program_here = await wallet.program()
            (row,) = (await program_here.call(shell.Pairings())).pairings
            assert (row.pairing, row.name, row.program) == (pairing, "Chromium", f"app:{folder}/chromium")
            wallet.user.waits(principal_contains="https://other.example")
            waiting = await door.ask(secret.Find(attributes={}), Envelope(speaks_for=other.peer))
            await shown(wallet, f"web:https://other.example@{pairing}")
            assert (await program_here.call(shell.Unpair(pairing=pairing))).revoked == 1
            with pytest.raises(ProtocolError) as caught:
                result_of(secret.Find(attributes={}), await door.answer(waiting))
            assert caught.value.code is ErrorCode.CANCELLED
            reading = door.call(secret.Read(item=kept), Envelope(speaks_for=page.peer))
            assert (await refused(reading)).code is ErrorCode.INVALID_REQUEST
            assert (await refused(door.page(host))).code is ErrorCode.DENIED
            assert (await refused(door.prove(await door.host(chromium, UID), profile, pairing))).code is (
                ErrorCode.UNKNOWN_ITEM
            )
            assert not (await program_here.call(shell.Pairings())).pairings
            assert not wallet.here.router.unlocked().lasting_grants()
            assert "is paired no more" in next(r.reason for r in wallet.records() if r.action == "shell/1.unpair")
            assert (await refused(program_here.call(shell.Unpair(pairing=pairing)))).code is ErrorCode.UNKNOWN_ITEM
            again = await door.pair(host, profile)
            page = await door.page(host)
            reading = door.call(secret.Read(item=kept), Envelope(speaks_for=page.peer))
            assert (await refused(reading)).code is ErrorCode.UNKNOWN_REFERENCE
            assert again != pairing
        keeper.cancel()

    play(short_dir, story)


@pytest.mark.timeout(90)
def test_a_locked_wallet_says_so_at_once_and_knows_its_browsers_again_when_it_is_unlocked(short_dir: Path) -> None:
    async def story(folder: Path) -> None:
        profile = Profile()
        with program(folder, "chromium") as chromium:
            async with Wallet.opened(folder) as wallet:
                wallet.user.approves(action_contains=PAIR)
                door = await wallet.door()
                pairing = await door.pair(await door.host(chromium, UID), profile)
            async with Wallet.opened(folder, wallet.here.keys, locked=True) as wallet:
                door = await wallet.door()
                host = await door.host(chromium, UID)
                for asked in (door.pair(host, profile), door.prove(host, profile, pairing), door.page(host)):
                    assert (await refused(asked)).code is ErrorCode.LOCKED
                client = await wallet.program()
                assert (await refused(client.call(shell.Unpair(pairing=pairing)))).code is ErrorCode.LOCKED
                await wallet.here.unlock()
                await door.prove(host, profile, pairing)
                assert (await door.page(host)).client == f"web:{SHOP}@{pairing}"
            assert [entry["face"] for entry in wallet.user.shown() if entry["event"] == "shown"] == ["confirm"]

    uvloop.run(story(short_dir))


@pytest.mark.attack(181)
@pytest.mark.timeout(90)
def test_a_wallet_that_is_restored_elsewhere_has_no_browser_paired(short_dir: Path) -> None:
    async def story(folder: Path) -> None:
        profile, elsewhere = Profile(), folder / "b"
        elsewhere.mkdir()
        with program(folder, "chromium") as chromium:
            async with Wallet.opened(folder) as wallet:
                wallet.user.approves(action_contains=PAIR)
                keeper = await wallet.keeper()
                door = await wallet.door()
                host = await door.host(chromium, UID)
                pairing = await door.pair(host, profile)
                await stored(door, await door.page(host))
                assert len(wallet.here.router.unlocked().lasting_grants()) == 1
                keeper.cancel()
            archive = folder / "archive"
            with archive.open("wb") as file:
                write_archive(Folder(folder / "home"), look_over(Folder(folder / "home"), 0), file)
            with archive.open("rb") as file:
                unpack_archive(file, elsewhere / "home")
            async with Wallet.opened(elsewhere, wallet.here.keys) as restored:
                door = await restored.door()
                host = await door.host(chromium, UID)
                assert (await refused(door.prove(host, profile, pairing))).code is ErrorCode.UNKNOWN_ITEM
                assert not restored.here.router.unlocked().lasting_grants()
                assert any(record.reason.startswith("paired no more (1)") for record in restored.records())
            async with Wallet.opened(folder, wallet.here.keys) as wallet:
                door = await wallet.door()
                await door.prove(await door.host(chromium, UID), profile, pairing)

    uvloop.run(story(short_dir))


@pytest.mark.timeout(90)
def test_what_a_page_has_is_its_own(short_dir: Path) -> None:
    """References, rights and the question whether it may: no other page has them, nor the browser, nor a session."""

    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        keeper = await wallet.keeper()
        with program(folder, "chromium") as chromium:
            host = await door.host(chromium, UID)
            pairing = await door.pair(host, Profile())
            page, frame = await door.page(host), await door.page(host)
            other = await door.page(host, "https://other.example")
            kept = await stored(door, page)
            assert page.peer != frame.peer
            await door.call(secret.Read(item=kept), Envelope(speaks_for=frame.peer))
            for stranger in (other, host):
                reading = door.call(secret.Read(item=kept), Envelope(speaks_for=stranger.peer))
                assert (await refused(reading)).code is ErrorCode.UNKNOWN_REFERENCE
            for _, durable in wallet.here.router.unlocked().open_session():
                await durable
            wallet.user.approves(principal_contains="https://other.example", remember="always", times=1)
            found = await door.call(secret.Find(attributes={}), Envelope(speaks_for=other.peer))
            question = await shown(wallet, f"web:https://other.example@{pairing}")
            assert question["sentence"].startswith("The page https://other.example, in Chromium (paired on ")
            assert question["through"] == ["chromium", "browser"]
            assert question["remember"][0][0] == "once"
            (item,) = found.items
            assert item.item != kept
            assert len(wallet.user.asked()) == 2
            await door.call(secret.Find(attributes={}), Envelope(speaks_for=other.peer))
            assert len(wallet.user.asked()) == 2
            newest = wallet.records()[0]
            assert newest.subject is not None
            assert newest.subject.principal == f"web:https://other.example@{pairing}"
            assert newest.chain == (f"app:{folder}/chromium", "door:browser")
            third = await door.page(host, "https://third.example")
            with pytest.raises(ProtocolError):
                await door.call(secret.Find(attributes={}), Envelope(speaks_for=third.peer))
            assert len(wallet.user.asked()) == 3
        keeper.cancel()

    play(short_dir, story)


@pytest.mark.timeout(90)
def test_a_page_asks_for_services_and_does_not_run_the_wallet(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        with program(folder, "chromium") as chromium:
            host = await door.host(chromium, UID)
            await door.pair(host, Profile())
            page = Envelope(speaks_for=(await door.page(host)).peer)
            asked: tuple[Request[Any], ...] = (
                wallet_interface.Stop(),
                wallet_interface.Lock(),
                wallet_interface.Unlock(),
                wallet_interface.Status(),
                wallet_interface.Grant(client="app:/usr/bin/mailer", action="secret/1.read"),
                wallet_interface.Revoke(client="app:/usr/bin/mailer"),
                wallet_interface.Install(path="/tmp/x"),
                wallet_interface.IntroduceWithin(name=SHOP),
                shell.Inventory(),
                shell.Pairings(),
                shell.Unpair(pairing="0"),
            )
            for request in asked:
                error = await refused(door.call(request, page))
                assert error.code is ErrorCode.DENIED, request
                assert "does not run the wallet" in denied(wallet, type(request).METHOD).reason
                assert (await door.call(wallet_interface.Why(id=error.why), page)).sentences
            of_others = wallet_interface.Why(id="d-1")
            assert (await refused(door.call(of_others, page))).code is ErrorCode.UNKNOWN_ITEM
            assert (await door.call(wallet_interface.Interfaces(), page)).interfaces
            assert len(wallet.user.asked()) == 1

    play(short_dir, story)


@pytest.mark.timeout(90)
def test_a_page_that_floods_keeps_neither_other_pages_nor_programs_from_asking(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        keeper = await wallet.keeper()
        with program(folder, "chromium") as chromium:
            host = await door.host(chromium, UID)
            await door.pair(host, Profile())
            await stored(door, await door.page(host))
            flood, other = [await door.page(host, f"https://{name}.example") for name in ("flood", "other")]
            finding = secret.Find(attributes={})
            for code in [ErrorCode.NOT_NOW] * 8:  # dismissed, and then not even shown
                assert (await refused(door.call(finding, Envelope(speaks_for=flood.peer)))).code is code
            assert len([entry for entry in wallet.user.asked() if "flood" in entry["principal"]]) == 6
            wallet.user.approves(principal_contains="other")
            assert (await door.call(finding, Envelope(speaks_for=other.peer))).items
            for name in "abcdef":  # as many names as there are below a domain use up what all pages have
                one = await door.page(host, f"https://{name}.flood.example")
                codes = [(await refused(door.call(finding, Envelope(speaks_for=one.peer)))).code for _ in range(6)]
                assert codes == [ErrorCode.NOT_NOW] * 6
            assert "too many questions" in (await refused(door.call(finding, Envelope(speaks_for=other.peer)))).message
            assert (await (await wallet.program()).call(shell.Pairings())).pairings
            wallet.here.renew_budget()
            wallet.user.waits(principal_contains="flood2")
            waiting = await door.page(host, "https://flood2.example")
            numbers = [await door.ask(finding, Envelope(speaks_for=waiting.peer)) for _ in range(17)]
            with pytest.raises(ProtocolError) as caught:
                result_of(finding, await door.answer(numbers[-1]))
            assert caught.value.code is ErrorCode.TOO_MANY
            await door.call(wallet_interface.Dismiss(peer=host.peer))
            for number in numbers[:-1]:
                with pytest.raises(ProtocolError):
                    result_of(finding, await door.answer(number))
            error = await refused(door.call(finding, Envelope(speaks_for=other.peer)))
            assert error.code is ErrorCode.INVALID_REQUEST
        keeper.cancel()

    play(short_dir, story)


@pytest.mark.attack(207)
@pytest.mark.timeout(90)
def test_what_a_page_is_refused_without_end_is_all_on_record_and_keeps_nobody_waiting_for_the_disk(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread beside the Router's syncs whatever has gathered, at most every 40 ms; the Router itself does not."""
    threads: list[int] = []
    durably = os.fdatasync

    def counted(descriptor: int) -> None:
        threads.append(threading.get_ident())
        durably(descriptor)

    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        keeper = await wallet.keeper()
        with program(folder, "chromium") as chromium:
            host = await door.host(chromium, UID)
            await door.pair(host, Profile())
            await stored(door, await door.page(host))
            page = await door.page(host, "https://flood.example")
            wallet.user.refuses()
            asked: tuple[Request[Any], ...] = (
                secret.Read(item=f"r1.{'A' * 24}"),  # of nobody's
                secret.Find(attributes={}),  # which the user refuses, and then is not asked about again
                shell.Grants(),  # not for pages
            )
            monkeypatch.setattr(os, "fdatasync", counted)
            for _ in range(100):
                numbers = [await door.ask(request, Envelope(speaks_for=page.peer)) for request in asked]
                for number, request in zip(numbers, asked, strict=True):
                    with pytest.raises(ProtocolError):
                        result_of(request, await door.answer(number))
            assert threading.get_ident() not in threads
            given_away = {Outcome.ALLOWED, Outcome.APPROVED, Outcome.DONE}
            of_page = [one for one in wallet.records() if one.subject and one.subject.principal == page.client]
            assert sum(one.outcome not in given_away for one in of_page) == 300
            wallet.user.approves()
            other = await door.page(host, "https://other.example")
            await door.call(secret.Find(attributes={}), Envelope(speaks_for=other.peer))
            assert threading.get_ident() in threads, "what is given away is durable first"
        keeper.cancel()

    play(short_dir, story)


@pytest.mark.timeout(90)
def test_what_a_page_repeats_counts_as_what_it_asks_first(short_dir: Path) -> None:
    """It has no more under way, and does not keep the wallet open."""

    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        keeper = await wallet.keeper()
        with program(folder, "chromium") as chromium:
            host = await door.host(chromium, UID)
            await door.pair(host, Profile())
            page = await door.page(host)
            reading = secret.Read(item=await stored(door, page))
            asked = Envelope(speaks_for=page.peer)
            locks_at = wallet.here.router.locks_at
            assert locks_at is not None
            await asyncio.sleep(3)
            for _ in range(4):
                await door.call(reading, asked)
            assert wallet.here.router.locks_at in range(locks_at - 1, locks_at + 2)
            keeper.cancel()
            numbers = [await door.ask(reading, asked) for _ in range(17)]
            with pytest.raises(ProtocolError) as caught:
                result_of(reading, await door.answer(numbers[-1]))
            assert caught.value.code is ErrorCode.TOO_MANY
            await door.call(wallet_interface.Dismiss(peer=page.peer))
            for number in numbers[:-1]:
                with pytest.raises(ProtocolError):
                    result_of(reading, await door.answer(number))
            assert (await refused(door.call(reading, asked))).code is ErrorCode.INVALID_REQUEST

    play(short_dir, story)


@pytest.mark.timeout(90)
def test_a_program_that_cannot_be_told_from_others_is_paired_by_no_question(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        with program(folder, ".mount_B7f2c/browser") as untold:  # an AppImage that does not say of which file it is
            host = await door.host(untold, UID)
            assert host.client.startswith("session:")
            assert (await refused(door.pair(host, Profile()))).code is ErrorCode.DENIED
            assert "cannot be told" in denied(wallet, "wallet/1.pair").reason
        with program(folder, "chromium") as chromium:
            host = await door.host(chromium, UID)
            point = wallet_interface.Pair(key=b"\4" + bytes(64), name="Chromium", about="id")
            assert (await refused(door.call(point, Envelope(speaks_for=host.peer)))).code is ErrorCode.INVALID_PARAMS
            assert (await refused(door.call(point))).code is ErrorCode.INVALID_REQUEST
            assert (await refused(door.pair(host, Profile(), name=" "))).code is ErrorCode.INVALID_PARAMS
        assert not wallet.user.asked()

    play(short_dir, story)


@pytest.mark.timeout(90)
def test_a_browser_that_leaves_while_the_user_is_asked_is_not_paired(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        wallet.user.waits(action_contains=PAIR)
        with program(folder, "chromium") as chromium:
            host = await door.host(chromium, UID)
            request = wallet_interface.Pair(key=Profile().public, name="Chromium", about="id")
            number = await door.ask(request, Envelope(speaks_for=host.peer))
            await shown(wallet, f"app:{folder}/chromium")
            await door.call(wallet_interface.Dismiss(peer=host.peer))
            with pytest.raises(ProtocolError) as caught:
                result_of(request, await door.answer(number))
            assert caught.value.code is ErrorCode.CANCELLED
            assert not (await (await wallet.program()).call(shell.Pairings())).pairings

    play(short_dir, story)


@pytest.mark.timeout(90)
def test_a_pairing_is_made_by_no_wallet_that_cannot_tell_which_copy_it_is(short_dir: Path) -> None:
    async def story(folder: Path) -> None:
        async with Wallet.opened(folder, locked=True) as wallet:
            (folder / "home" / "device").write_bytes(b"in the way")
            await wallet.here.unlock()
            door = await wallet.door()
            with program(folder, "chromium") as chromium:
                host = await door.host(chromium, UID)
                error = await refused(door.pair(host, Profile()))
            assert error.code is ErrorCode.UNWRITABLE
            assert f"{folder}/home/device" in error.message
            assert not wallet.user.asked()

    uvloop.run(story(short_dir))


@pytest.mark.timeout(90)
def test_an_operator_can_forbid_pages_what_programs_may(short_dir: Path) -> None:
    async def story(folder: Path) -> None:
        async with Wallet.opened(folder, locked=True) as wallet:
            wallet.user.approves(action_contains=PAIR)
            (folder / "home" / "operator").mkdir()
            text = 'forbid (principal, action, resource) when { context.client like "web:*" };'
            (folder / "home" / "operator" / "pages.cedar").write_text(text, encoding="utf-8")
            await wallet.here.unlock()
            keeper = await wallet.keeper()
            door = await wallet.door()
            with program(folder, "chromium") as chromium:
                host = await door.host(chromium, UID)
                await door.pair(host, Profile())
                creating = secret.Create(kind="note", label="Basket", attributes={}, value=bytes(80))
                page = await door.page(host)
                assert (await refused(door.call(creating, Envelope(speaks_for=page.peer)))).code is ErrorCode.DENIED
                assert any("pages.cedar" in policy for policy in denied(wallet, "secret/1.create").policies)
                made = await door.call(creating, Envelope(speaks_for=host.peer))
                assert made.item.label == "Basket"
            keeper.cancel()

    uvloop.run(story(short_dir))


@pytest.mark.timeout(90)
def test_pages_that_the_user_silences_silence_no_program(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        keeper = await wallet.keeper()
        wallet.user.rule("dismiss", when={"face": "confirm", "principal_contains": ".example@"}, silence=True)
        finding = secret.Find(attributes={})
        with program(folder, "chromium") as chromium:
            host = await door.host(chromium, UID)
            await door.pair(host, Profile())
            await stored(door, await door.page(host))
            for name in "abc":
                page = await door.page(host, f"https://{name}.example")
                assert (await refused(door.call(finding, Envelope(speaks_for=page.peer)))).code is ErrorCode.NOT_NOW
            asked = len(wallet.user.asked())
            page = await door.page(host, "https://new.example")
            error = await refused(door.call(finding, Envelope(speaks_for=page.peer)))
            assert (error.code, len(wallet.user.asked())) == (ErrorCode.NOT_NOW, asked)
            client = await wallet.program()
            notes = (await client.call(wallet_interface.Status())).notes
            assert any(note.startswith("you silenced several pages") for note in notes)
            assert (await client.call(shell.Pairings())).pairings
        keeper.cancel()

    play(short_dir, story)
