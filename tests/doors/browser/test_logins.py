"""Logins in a real Chromium: filled in by a click, for a page's own site alone, and saved when the user wants it."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Frame, Page
from tests.cli.etui import wait_until
from tests.doors.browser.pages import POPUP, add_frame, ask

from etui.interfaces import secret_1 as secret
from etui.testkit import TestWallet

ARMED_MS = 600
"""A sign that has just come takes no click."""
_COVER = """
    const above = document.createElement("div");
    Object.assign(above, {popover: "manual", style: "inset:0;width:100vw;height:100vh"});
    document.body.append(above);
    above.showPopover()"""
OTP = "otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&issuer=Example"


def put(wallet: TestWallet, kind: Literal["login", "code"], value: str, **attributes: str) -> None:
    with wallet.connect() as client:
        client.call(secret.Create(kind=kind, label=kind, value=value.encode(), attributes=attributes, replace=True))


def click_icon(page: Page, field: str, frame: Frame | None = None) -> None:
    """Clicks into a field, and on the icon at its right edge."""
    within = frame or page.main_frame
    within.locator(field).click()
    within.wait_for_function("document.documentElement.lastElementChild.popover === 'manual'")
    box = within.locator(field).bounding_box()
    assert box is not None
    page.wait_for_timeout(ARMED_MS)
    page.mouse.click(box["x"] + box["width"] - 18, box["y"] + box["height"] / 2)


def wait_filled(page: Page | Frame, field: str) -> str:
    page.wait_for_function("field => document.querySelector(field).value !== ''", arg=field)
    return page.locator(field).input_value()


@pytest.fixture
def logins(wallet: TestWallet, port: int) -> None:
    put(wallet, "login", "sesame", host=f"localhost:{port}", user="ada")
    put(wallet, "code", OTP, host=f"localhost:{port}", user="ada")
    put(wallet, "login", "of the other", host=f"127.0.0.1:{port}", user="eve")
    put(wallet, "login", "of nobody here", host="bank.example", site="bank.example", user="ada")


@pytest.mark.usefixtures("logins")
def test_a_click_fills_the_login_of_the_pages_own_host(page: Page, port: int, wallet: TestWallet) -> None:
    before = len(wallet.user.asked())
    click_icon(page, "[name=password]")
    assert wait_filled(page, "[name=password]") == "sesame"
    assert page.locator("[name=user]").input_value() == "ada"
    questions = wallet.user.asked()[before:]
    assert {question["asker"] for question in questions} == {f"localhost:{port}"}
    assert "one item" in questions[0]["lead"] or "“login”" in questions[0]["lead"], questions[0]
    click_icon(page, "[name=otp]")
    assert len(wait_filled(page, "[name=otp]")) == 6


@pytest.mark.attack(182)
@pytest.mark.usefixtures("logins")
def test_a_frame_of_another_origin_gets_its_own_login_alone(page: Page, port: int) -> None:
    frame = add_frame(page, f"http://127.0.0.1:{port}/")
    click_icon(page, "[name=password]", frame)
    assert wait_filled(frame, "[name=password]") == "of the other"
    assert not page.locator("[name=password]").input_value()


@pytest.mark.attack(183)
@pytest.mark.usefixtures("logins")
def test_a_click_that_a_script_makes_fills_nothing(page: Page, wallet: TestWallet) -> None:
    before = len(wallet.user.asked())
    page.locator("[name=password]").click()
    page.wait_for_function("document.documentElement.lastElementChild.popover === 'manual'")
    found = page.evaluate("""async () => {
        const password = document.querySelector("[name=password]");
        const {right, top, height} = password.getBoundingClientRect();
        const at = {clientX: right - 18, clientY: top + height / 2, bubbles: true, composed: true};
        const icon = document.elementFromPoint(at.clientX, at.clientY);
        for (const target of [icon, password]) {
            for (const name of ["pointerdown", "mousedown", "pointerup", "mouseup", "click"]) {
                target.dispatchEvent(new MouseEvent(name, at));
            }
            target.click();
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
        return {isIcon: icon !== password, root: icon.shadowRoot, value: password.value};
    }""")
    assert found == {"isIcon": True, "root": None, "value": ""}
    assert len(wallet.user.asked()) == before


@pytest.mark.attack(183)
@pytest.mark.usefixtures("logins")
@pytest.mark.parametrize(
    "trick",
    [
        "host.style.setProperty('opacity', '0.001', 'important')",
        "host.style.setProperty('left', '0px', 'important')",
        _COVER,
    ],
    ids=["faint", "moved", "covered"],
)
def test_a_sign_that_the_page_has_altered_moved_or_covered_fills_nothing(
    page: Page, wallet: TestWallet, trick: str
) -> None:
    before = len(wallet.user.asked())
    page.locator("[name=password]").click()
    page.wait_for_function("document.documentElement.lastElementChild.popover === 'manual'")
    page.wait_for_timeout(ARMED_MS)
    page.evaluate(f"(() => {{ const host = document.documentElement.lastElementChild; {trick}; }})()")
    place = "document.documentElement.lastElementChild.getBoundingClientRect().toJSON()"
    box = page.evaluate(place)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(300)
    assert len(wallet.user.asked()) == before
    assert not page.locator("[name=password]").input_value()


@pytest.mark.usefixtures("logins")
def test_a_field_that_nobody_sees_is_not_filled(page: Page) -> None:
    page.evaluate("document.querySelector('[name=user]').style.opacity = 0")
    click_icon(page, "[name=password]")
    wait_filled(page, "[name=password]")
    assert not page.locator("[name=user]").input_value()


@pytest.mark.attack(183)
@pytest.mark.usefixtures("logins")
def test_a_field_that_a_page_hides_after_the_click_is_not_filled(page: Page, wallet: TestWallet) -> None:
    page.evaluate("""addEventListener("click", ({target}) => {
        if (target.popover) document.querySelector("[name=password]").style.opacity = 0;
    }, true)""")
    before = len(wallet.user.asked())
    click_icon(page, "[name=password]")
    wait_until(lambda: len(wallet.user.asked()) >= before + 2)
    page.wait_for_timeout(500)
    assert not page.locator("[name=password]").input_value()


@pytest.mark.usefixtures("logins")
def test_what_the_user_refuses_is_not_filled(page: Page, wallet: TestWallet) -> None:
    wallet.user.refuses()
    before = len(wallet.user.asked())
    click_icon(page, "[name=password]")
    wait_until(lambda: len(wallet.user.asked()) > before)
    ask(page, "payment/1.find")  # what was answered before this has come as well
    assert len(wallet.user.asked()) == before + 1
    assert not page.locator("[name=password]").input_value()


def test_what_was_typed_is_saved_where_the_user_wants_it_and_filled_next_time(
    browser: BrowserContext, page: Page, port: int, wallet: TestWallet
) -> None:
    def enter(password: str) -> None:
        page.goto(f"http://127.0.0.1:{port}/")
        page.locator("[name=user]").fill("grace")
        page.locator("[name=password]").press_sequentially(password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/entered")

    def save() -> None:
        popup = browser.new_page()
        popup.goto(POPUP)
        popup.get_by_text(f"grace at 127.0.0.1:{port}").wait_for()
        popup.get_by_role("button", name="Save").click()
        popup.get_by_role("heading", name="Save this login?").wait_for(state="hidden")
        assert popup.locator("#problem").inner_text() == ""
        popup.close()

    for password in ("first one", "second one"):
        enter(password)
        save()
    wallet.user.refuses()  # it reads what it stored without a question
    page.goto(f"http://127.0.0.1:{port}/")
    click_icon(page, "[name=password]")
    assert wait_filled(page, "[name=password]") == "second one"


def test_a_login_of_the_registrable_domain_is_filled_where_the_host_has_none(
    page: Page, net: int, wallet: TestWallet
) -> None:
    put(wallet, "login", "of the domain", host="login.willow-bank.com", site="willow-bank.com", user="ada")
    page.goto(f"https://www.willow-bank.com:{net}/")
    click_icon(page, "[name=password]")
    assert wait_filled(page, "[name=password]") == "of the domain"


@pytest.mark.attack(191)
@pytest.mark.parametrize(
    "host",
    ["www.willow-bank.co", "www.wi11ow-bank.com", "willow-bank.com.evil.net", "xn--wllow-bank-k8a.com", "evil.co.uk"],
)
def test_a_domain_that_looks_alike_is_offered_nothing(page: Page, net: int, wallet: TestWallet, host: str) -> None:
    put(wallet, "login", "of the domain", host="login.willow-bank.com", site="willow-bank.com", user="ada")
    put(wallet, "login", "of a suffix", host="x", site="co.uk", user="ada")
    before = len(wallet.user.asked())
    page.goto(f"https://{host}:{net}/")
    click_icon(page, "[name=password]")
    page.wait_for_timeout(700)
    assert not page.locator("[name=password]").input_value()
    assert len(wallet.user.asked()) == before, "nobody is even asked"


def test_of_two_logins_the_user_chooses(page: Page, port: int, wallet: TestWallet) -> None:
    for user in ("ada", "grace"):
        put(wallet, "login", f"of {user}", host=f"localhost:{port}", user=user)
    click_icon(page, "[name=password]")
    page.wait_for_timeout(800)
    box = page.evaluate("document.documentElement.lastElementChild.getBoundingClientRect().toJSON()")
    page.mouse.click(box["x"], box["y"] + box["height"] + 60)
    assert wait_filled(page, "[name=password]") in {"of ada", "of grace"}
