"""Logins in a real Chromium: filled in by a click, for a page's own site alone, and saved when the user wants it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Frame, Page
from tests.cli.etui import wait_until
from tests.doors.browser.pages import FILL, POPUP, add_frame, ask, ask_on_load

from etui.interfaces import secret_1 as secret
from etui.testkit import TestWallet

ARMED_MS = 900
"""A sign that has just come takes no click, nor one of which the browser has not said yet that it is seen."""
COVER = """
    const above = window.above = document.createElement("div");
    Object.assign(above, {popover: "manual", style: "STYLE;inset:0;width:100vw;height:100vh"});
    document.body.append(above);
    above.showPopover()"""
THROUGH = COVER.replace("STYLE", "pointer-events:none")
"""A cover that lets clicks through to what lies under it."""
IN_A_SHADOW = THROUGH.replace(
    "document.body.append",
    "document.body.appendChild(document.createElement('p')).attachShadow({mode: 'closed'}).append",
)
TOLD_MS = 500
"""After so long a browser that tells of covers has told."""
PRESS_KEY = """async () => {
    const [tab] = await chrome.tabs.query({active: true, lastFocusedWindow: true});
    chrome.commands.onCommand.dispatch("fill", tab);
}"""
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
    (question,) = questions
    assert question["asker"] == f"localhost:{port}"
    assert question["lead"] == "wants to have the password of “login”"
    assert dict(question["lines"])["For"] == f"localhost:{port}"
    assert "User name: ada" in question["notes"]
    click_icon(page, "[name=otp]")
    assert len(wait_filled(page, "[name=otp]")) == 6
    assert len(wallet.user.asked()) == before + 2


@pytest.mark.usefixtures("logins")
def test_a_yes_that_lasts_has_the_sign_fill_at_once(stranger: Page, wallet: TestWallet) -> None:
    put(wallet, "login", "sesame", host=stranger.url.split("/")[2], user="ada")
    wallet.user.forgets()
    wallet.user.approves(remember="always", action_contains="password")
    for _ in range(2):
        stranger.reload()
        click_icon(stranger, "[name=password]")
        assert wait_filled(stranger, "[name=password]") == "sesame"
        wallet.user.refuses()


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
@pytest.mark.attack(206)
@pytest.mark.usefixtures("logins")
@pytest.mark.parametrize(
    "trick",
    [
        "host.style.setProperty('opacity', '0.001', 'important')",
        "host.style.setProperty('left', '0px', 'important')",
        COVER,
        THROUGH,
        IN_A_SHADOW,
    ],
    ids=["faint", "moved", "covered", "covered for the eye", "covered out of a shadow tree"],
)
def test_a_sign_that_the_page_has_altered_moved_or_covered_fills_nothing(
    page: Page, wallet: TestWallet, trick: str
) -> None:
    before = len(wallet.user.asked())
    page.locator("[name=password]").click()
    page.wait_for_function("document.documentElement.lastElementChild.popover === 'manual'")
    page.wait_for_timeout(ARMED_MS)
    page.evaluate(f"(() => {{ const host = document.documentElement.lastElementChild; {trick}; }})()")
    page.wait_for_timeout(TOLD_MS)
    place = "document.documentElement.lastElementChild.getBoundingClientRect().toJSON()"
    box = page.evaluate(place)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.evaluate("window.above?.remove()")
    page.locator("[name=user]").click()  # the sign is drawn anew
    click_icon(page, "[name=password]")
    assert wait_filled(page, "[name=password]") == "sesame"
    assert len(wallet.user.asked()) == before + 1, "by the click that was seen, and no other"


@pytest.mark.attack(206)
@pytest.mark.usefixtures("logins")
def test_a_frame_that_the_page_around_it_covers_for_the_eye_fills_nothing(
    page: Page, port: int, wallet: TestWallet
) -> None:
    frame = add_frame(page, f"http://127.0.0.1:{port}/")
    before = len(wallet.user.asked())
    page.evaluate(f"(() => {{ {THROUGH} }})()")
    click_icon(page, "[name=password]", frame)
    page.wait_for_timeout(300)
    assert len(wallet.user.asked()) == before
    page.evaluate("document.querySelector('[popover]').remove()")
    page.wait_for_timeout(ARMED_MS)
    click_icon(page, "[name=password]", frame)
    assert wait_filled(frame, "[name=password]") == "of the other"


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
    wait_until(lambda: len(wallet.user.asked()) > before)
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
    browser: BrowserContext, stranger: Page, wallet: TestWallet
) -> None:
    url = stranger.url

    def sent(password: str) -> None:
        stranger.goto(url)
        enter(stranger, "grace", password)
        stranger.wait_for_url("**/entered")

    for password in ("first one", "second one"):
        sent(password)
        save(browser, f"grace at {url.split('/')[2]}")
    wallet.user.refuses()  # it reads what it stored without a question
    stranger.goto(url)
    click_icon(stranger, "[name=password]")
    assert wait_filled(stranger, "[name=password]") == "second one"


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


def test_of_two_logins_the_user_chooses_in_the_question(stranger: Page, wallet: TestWallet) -> None:
    host = stranger.url.split("/")[2]
    for user in ("ada", "grace"):
        put(wallet, "login", f"of {user}", host=host, user=user)
    before = len(wallet.user.asked())
    click_icon(stranger, "[name=password]")
    first = wait_filled(stranger, "[name=password]")
    (question,) = wallet.user.asked()[before:]
    assert question["lead"] == "wants to have the password of one login"
    (_, _), (second, _) = question["items"]
    wallet.user.rule("approve", when={"face": "confirm"}, items=[second])
    stranger.reload()
    click_icon(stranger, "[name=password]")
    other = wait_filled(stranger, "[name=password]")
    assert {first, other} == {"of ada", "of grace"}
    assert other == f"of {stranger.locator('[name=user]').input_value()}"


# the page's own button


@pytest.mark.usefixtures("logins")
def test_a_page_has_its_own_login_filled_after_one_question(page: Page, port: int, wallet: TestWallet) -> None:
    before = len(wallet.user.asked())
    assert page.evaluate(FILL, "[name=user]") == {}
    assert page.locator("[name=password]").input_value() == "sesame"
    assert page.locator("[name=user]").input_value() == "ada"
    (question,) = wallet.user.asked()[before:]
    assert question["asker"] == f"localhost:{port}"
    assert question["lead"] == "wants to have the password of “login”"
    assert dict(question["lines"])["For"] == f"localhost:{port}"
    assert page.evaluate(FILL, "[name=otp]") == {}
    assert len(page.locator("[name=otp]").input_value()) == 6
    assert len(wallet.user.asked()) == before + 2


@pytest.mark.attack(224)
def test_a_page_is_filled_by_its_own_button_after_a_question_whatever_right_it_has(
    stranger: Page, wallet: TestWallet
) -> None:
    put(wallet, "login", "sesame", host=stranger.url.split("/")[2], user="ada")
    wallet.user.forgets()
    wallet.user.approves(remember="always", action_contains="password")
    click_icon(stranger, "[name=password]")
    wait_filled(stranger, "[name=password]")
    wallet.user.refuses()
    before = len(wallet.user.asked())
    stranger.reload()
    assert stranger.evaluate(FILL, "[name=password]")["code"] == "not_now"
    assert len(wallet.user.asked()) == before + 1
    assert not stranger.locator("[name=password]").input_value()
    click_icon(stranger, "[name=password]")
    assert wait_filled(stranger, "[name=password]") == "sesame", "its user's own click is answered by the right"


@pytest.mark.attack(225)
@pytest.mark.usefixtures("logins")
def test_a_page_that_nobody_has_touched_has_nothing_filled(page: Page, wallet: TestWallet) -> None:
    before = len(wallet.user.asked())
    answer = ask_on_load(page, "browser/1.fill", focus="[name=password]")
    assert answer["code"] == "denied"
    assert "a click or the press of a key" in answer["message"]
    assert not page.locator("[name=password]").input_value()
    assert len(wallet.user.asked()) == before


@pytest.mark.attack(225)
@pytest.mark.usefixtures("logins")
def test_a_frame_has_its_login_filled_in_a_page_of_its_own_origin_alone(
    page: Page, port: int, wallet: TestWallet
) -> None:
    before = len(wallet.user.asked())
    frame = add_frame(page, f"http://127.0.0.1:{port}/", allow="payment")
    assert frame.evaluate(FILL, "[name=password]")["code"] == "denied"
    within = add_frame(frame, f"http://localhost:{port}/", allow="payment")
    assert within.evaluate(FILL, "[name=password]")["code"] == "denied", "also in one of another origin between"
    assert len(wallet.user.asked()) == before
    own = add_frame(page, f"http://localhost:{port}/")
    assert own.evaluate(FILL, "[name=password]") == {}
    filled = [one.locator("[name=password]").input_value() for one in (page, frame, within, own)]
    assert filled == ["", "", "", "sesame"]


@pytest.mark.attack(225)
@pytest.mark.usefixtures("logins")
def test_a_page_has_no_field_filled_that_is_not_seen_or_for_something_else(page: Page, wallet: TestWallet) -> None:
    before = len(wallet.user.asked())
    page.evaluate("""() => {
        document.querySelector("[name=password]").style.opacity = 0;
        document.body.insertAdjacentHTML("beforeend", "<input name=search type=search><p name=text tabindex=0>A</p>");
    }""")
    for name in ("password", "search", "text"):
        answer = page.evaluate(FILL, f"[name={name}]")
        assert answer["code"] == "invalid_params"
    assert len(wallet.user.asked()) == before
    page.reload()
    page.evaluate("""document.querySelector("[name=user]").addEventListener("input", () => {
        document.querySelector("[name=password]").style.opacity = 0;
    })""")
    assert page.evaluate(FILL, "[name=password]")["code"] == "conflict", "it went once its user had said yes"
    assert not page.locator("[name=password]").input_value()


@pytest.mark.attack(226)
def test_a_page_does_not_learn_from_a_no_whether_there_is_a_login_for_it(stranger: Page, wallet: TestWallet) -> None:
    before = len(wallet.user.asked())
    timed = f"async (field) => [await ({FILL})(field), performance.now()]"
    begun = stranger.evaluate("performance.now()")
    answer, ended = stranger.evaluate(timed, "[name=password]")
    assert len(wallet.user.asked()) == before
    assert ended - begun >= 2_000, "no sooner than a user would say no"
    put(wallet, "login", "sesame", host=stranger.url.split("/")[2], user="ada")
    wallet.user.refuses()
    begun = stranger.evaluate("performance.now()")
    refused, ended = stranger.evaluate(timed, "[name=password]")
    assert len(wallet.user.asked()) == before + 1
    assert ended - begun >= 2_000
    assert answer == refused == {"code": "not_now", "message": answer["message"]}


@pytest.mark.attack(191)
def test_a_domain_that_looks_alike_has_nothing_filled_by_its_own_button(
    page: Page, net: int, wallet: TestWallet
) -> None:
    put(wallet, "login", "of the domain", host="login.willow-bank.com", site="willow-bank.com", user="ada")
    before = len(wallet.user.asked())
    page.goto(f"https://www.wi11ow-bank.com:{net}/")
    assert page.evaluate(FILL, "[name=password]")["code"] == "not_now"
    assert not page.locator("[name=password]").input_value()
    assert len(wallet.user.asked()) == before


def test_a_page_gives_up_what_it_wanted_filled(page: Page, wallet: TestWallet, port: int) -> None:
    put(wallet, "login", "sesame", host=f"localhost:{port}", user="ada")
    wallet.user.waits()
    before = len(wallet.user.asked())
    page.evaluate(f"field => {{ window.filling = ({FILL})(field); }}", "[name=password]")
    wait_until(lambda: len(wallet.user.asked()) > before)
    assert page.evaluate("giving.abort(), filling")["code"] == "AbortError"
    wallet.user.forgets()
    wallet.user.approves()
    assert page.evaluate(FILL, "[name=password]") == {}, "the dialog is free for the next question"


# the extension's button


@contextmanager
def button(browser: BrowserContext, page: Page) -> Iterator[Page]:
    """The page of the extension's button, opened over a page."""
    popup = browser.new_page()
    popup.goto(POPUP)
    page.bring_to_front()
    yield popup
    popup.close()


def press_fill(popup: Page, says: str) -> None:
    """Presses the button that fills, once the page of the button says this."""
    popup.wait_for_function("says => document.querySelector('#page-text').textContent === says", arg=says)
    popup.evaluate("document.querySelector('#fill').click()")


@pytest.mark.usefixtures("logins")
def test_the_button_fills_what_the_page_asks_for(
    browser: BrowserContext, page: Page, port: int, wallet: TestWallet
) -> None:
    page.locator("[name=password]").evaluate("one => one.style.setProperty('pointer-events', 'none')")
    before = len(wallet.user.asked())
    with button(browser, page) as popup:
        press_fill(popup, f"localhost:{port} asks for a login.")
        assert wait_filled(page, "[name=password]") == "sesame"
    assert len(wallet.user.asked()) == before + 1
    page.locator("[name=otp]").focus()
    with button(browser, page) as popup:
        press_fill(popup, f"localhost:{port} asks for a one-time code.")
        assert len(wait_filled(page, "[name=otp]")) == 6


def test_the_button_says_where_there_is_no_field_and_why_nothing_was_filled(
    browser: BrowserContext, stranger: Page
) -> None:
    host = stranger.url.split("/")[2]
    with button(browser, stranger) as popup:
        press_fill(popup, f"{host} asks for a login.")
        popup.wait_for_function("() => document.querySelector('#problem').textContent !== ''")
        assert popup.locator("#problem").inner_text().startswith("No login for this site is kept")
    stranger.evaluate("document.querySelector('#login').remove()")
    with button(browser, stranger) as popup:
        popup.wait_for_function("() => document.querySelector('#page-text').textContent.startsWith('No field')")
        assert popup.locator("#fill").is_hidden()


@pytest.mark.usefixtures("logins")
def test_the_key_fills_where_its_user_types(browser: BrowserContext, page: Page) -> None:
    page.locator("[name=user]").focus()
    (worker,) = browser.service_workers
    assert worker.evaluate("async () => (await chrome.commands.getAll()).find(({name}) => name === 'fill').shortcut")
    worker.evaluate(PRESS_KEY)
    assert wait_filled(page, "[name=password]") == "sesame"


@pytest.mark.attack(212)
@pytest.mark.usefixtures("logins")
def test_the_button_fills_the_page_and_no_frame_that_puts_itself_forward(
    browser: BrowserContext, page: Page, port: int
) -> None:
    frame = add_frame(page, f"http://127.0.0.1:{port}/")
    frame.evaluate("document.querySelector('[name=password]').focus()")
    frame.evaluate("document.body.dispatchEvent(new MouseEvent('pointerdown', {bubbles: true}))")
    with button(browser, page) as popup:
        press_fill(popup, f"localhost:{port} asks for a login.")
        assert wait_filled(page, "[name=password]") == "sesame"
    assert not frame.locator("[name=password]").input_value()
    frame.locator("[name=password]").click()
    with button(browser, page) as popup:
        press_fill(popup, f"127.0.0.1:{port} asks for a login.")
        assert wait_filled(frame, "[name=password]") == "of the other"


NAMED = """(() => {
    document.body.append(Object.assign(document.createElement("form"), {name: "activeElement"}));
    return document.querySelector("#frames");
})()"""
"""The page has a form in the place of what its document says of itself."""
SHADOWED = "document.querySelector('#frames').attachShadow({mode: 'closed'})"
"""The page has its frames in a tree that is closed to its own scripts."""


@pytest.mark.attack(212)
@pytest.mark.usefixtures("logins")
@pytest.mark.parametrize("where", [NAMED, SHADOWED], ids=["another element by that name", "a shadow tree"])
def test_the_key_fills_the_frame_where_its_user_types_and_not_the_page_around_it(
    browser: BrowserContext, page: Page, port: int, wallet: TestWallet, where: str
) -> None:
    address = f"http://127.0.0.1:{port}/"
    page.evaluate(
        f"""address => new Promise((resolve) => {{
        const frame = Object.assign(document.createElement("iframe"), {{src: address, width: 400, height: 400}});
        frame.addEventListener("load", () => resolve(), {{once: true}});
        {where}.append(frame);
    }})""",
        address,
    )
    (frame,) = [one for one in page.frames if one.url == address]
    before = len(wallet.user.asked())
    frame.locator("[name=password]").click()
    (worker,) = browser.service_workers
    worker.evaluate(PRESS_KEY)
    assert wait_filled(frame, "[name=password]") == "of the other"
    ask(page, "payment/1.find")  # what was asked before this has come as well
    assert [one["asker"] for one in wallet.user.asked()[before:]] == [f"127.0.0.1:{port}"]
    assert not page.locator("[name=password]").input_value()


# a log-in by a page's script

SCRIPTED = """ends => {
    const fields = document.createElement("div");
    const form = document.querySelector("#login");
    fields.append(...form.childNodes);
    form.replaceWith(fields);
    const password = fields.querySelector("[name=password]");
    fields.querySelector("button").addEventListener("click", async () => {
        await fetch("/", {method: "POST"});
        (0, eval)("(fields, password) => { " + ends + " }")(fields, password);
        document.title = "entered";
    });
}"""
"""Makes the log-in one without a form, which a script does; what it does at the end."""
ENDS = {
    "the fields go": "fields.remove()",
    "they are hidden": "fields.style.display = 'none'",
    "the address changes": "history.pushState({}, '', '/home')",
    "another page comes": "location.href = '/?home'",
}


def enter(page: Page, user: str, password: str) -> None:
    page.locator("[name=user]").fill(user)
    page.locator("[name=password]").press_sequentially(password)
    page.get_by_role("button", name="Log in").click()


def save(browser: BrowserContext, offered: str) -> None:
    popup = browser.new_page()
    popup.goto(POPUP)
    popup.get_by_text(offered).wait_for()
    popup.get_by_role("button", name="Save").click()
    popup.get_by_role("heading", name="Save this login?").wait_for(state="hidden")
    assert popup.locator("#problem").inner_text() == ""
    popup.close()


@pytest.mark.parametrize("ends", ENDS.values(), ids=list(ENDS))
def test_a_login_by_a_script_is_offered_to_be_saved(browser: BrowserContext, stranger: Page, ends: str) -> None:
    stranger.evaluate(SCRIPTED, ends)
    enter(stranger, "grace", "by a script")
    save(browser, f"grace at {stranger.url.split('/')[2]}")
    stranger.goto("/".join(stranger.url.split("/")[:3]))
    click_icon(stranger, "[name=password]")
    assert wait_filled(stranger, "[name=password]") == "by a script"


def test_a_password_that_a_script_changes_takes_the_place_of_the_one_that_was_filled(
    browser: BrowserContext, stranger: Page, wallet: TestWallet
) -> None:
    host = stranger.url.split("/")[2]
    put(wallet, "login", "the old one", host=host, user="ada")
    click_icon(stranger, "[name=password]")
    wait_filled(stranger, "[name=password]")
    stranger.evaluate(SCRIPTED, ENDS["the fields go"])
    stranger.evaluate("""() => {
        document.querySelector("[name=user]").remove();
        for (const autocomplete of ["new-password", "new-password"]) {
            const field = Object.assign(document.createElement("input"), {type: "password", autocomplete, name: "new"});
            document.querySelector("[name=password]").after(field);
        }
    }""")
    for field in stranger.locator("[name=new]").all():
        field.press_sequentially("the new one")
    stranger.get_by_role("button", name="Log in").click()
    save(browser, f"ada at {host}")
    with wallet.connect() as client:
        (item,) = client.call(secret.Find(kind="login", attributes={"host": host})).items
        assert client.call(secret.Read(item=item.item)).value == b"the new one"


@pytest.mark.attack(213)
def test_what_a_script_types_or_presses_is_not_offered_nor_what_the_user_may_have_typed_wrong(
    browser: BrowserContext, stranger: Page
) -> None:
    stranger.evaluate(SCRIPTED, "password.value = ''")
    enter(stranger, "grace", "refused")
    stranger.wait_for_function("document.title === 'entered'")
    stranger.reload()
    stranger.evaluate(SCRIPTED, ENDS["the fields go"])
    stranger.evaluate("""() => {
        const password = document.querySelector("[name=password]");
        password.value = "of the page";
        password.dispatchEvent(new InputEvent("input", {bubbles: true}));
        document.querySelector("button:not(#go)").click();
    }""")
    stranger.wait_for_function("document.title === 'entered'")
    stranger.wait_for_timeout(500)
    with button(browser, stranger) as popup:
        popup.get_by_text("The wallet answers this browser").wait_for()
        assert popup.locator("#login").is_hidden()


@pytest.mark.attack(213)
def test_what_a_script_puts_in_the_place_of_what_the_user_typed_is_not_offered(
    browser: BrowserContext, stranger: Page
) -> None:
    stranger.locator("[name=password]").press_sequentially("mine")
    stranger.evaluate("""() => {
        const form = document.querySelector("#login");
        form.addEventListener("submit", (event) => event.preventDefault());
        form.querySelector("[name=password]").value = "of the page";
        form.requestSubmit();
    }""")
    stranger.wait_for_timeout(500)
    with button(browser, stranger) as popup:
        popup.get_by_text("The wallet answers this browser").wait_for()
        assert popup.locator("#login").is_hidden()


def test_the_name_in_an_offer_is_shown_as_it_is(browser: BrowserContext, stranger: Page) -> None:
    """It is the page's to set, and stands before the host."""
    enter(stranger, "grace at bank.example\u202e", "sesame")
    stranger.wait_for_url("**/entered")
    with button(browser, stranger) as popup:
        popup.get_by_text(f"grace at bank.example\ufffd at {stranger.url.split('/')[2]}").wait_for()
        popup.get_by_role("button", name="Not now").click()
