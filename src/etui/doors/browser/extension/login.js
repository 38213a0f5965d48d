// In a world of the extension's own: fills a login, or a one-time code, where the user clicks, or by the extension's button
// or key. A click of a script's making fills nothing, nor does one on a sign that the page has moved, altered or put under
// something (sight.js), or that has just come. A page's own scripts can still lure its user to the sign: what they get then
// is that page's own login. For a page's own button it is filled too, where the wallet's user says so each time.
"use strict";

{
  const { isInput, isPassword, isCode, isSeen, isFillable, passwordBeside, nameBeside, at, focused } = Fields;
  const ICON_PX = 18;
  const ICON =
    "M4 7h13a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3V6a2 2 0 0 1 2-2h11v2H5v1zm11 6a1.5 1.5 0 1 0 0 3h5v-3z";
  const SVG = "http://www.w3.org/2000/svg";
  // Styles are set on the elements themselves: a page's policy may forbid style sheets, and not that.
  const PLAIN = "all: unset; box-sizing: border-box; cursor: pointer; display: block; border-radius: 5px;";
  const BUTTON = `${PLAIN} width: ${ICON_PX}px; height: ${ICON_PX}px; color: light-dark(#1f6b4f, #a9e0c8);`;
  const BELOW = `position: absolute; right: 0; top: ${ICON_PX + 6}px; width: max-content; max-width: 280px;
    padding: 6px 10px; font: 14px system-ui; border: 1px solid #8a94a3; border-radius: 8px;
    background: light-dark(#ffffff, #1b1e23); color: light-dark(#1b1e23, #eceff4);`;
  /** What its user is told of an error, by its code. */
  const WORDS = {
    login: { refused: "You said no.", unknown_item: "No login for this site is kept: type it, log in, and save it." },
    code: { refused: "You said no.", unknown_item: "No key for one-time codes of this site is kept." },
  };
  const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;

  /**
   * The button beside a field: with the style that it was given, and whether it is seen.
   * @type {{host: HTMLElement, root: ShadowRoot, field: HTMLInputElement, style: string, sight: Sight} | null}
   */
  let shown = null;

  /** What goes into a field. @param {HTMLInputElement} field */
  const whatFor = (field) => (isCode(field) ? "code" : "login");

  /** Changes a field that is seen, as if its user had typed; whether it is. */
  function put(input, value) {
    if (input === undefined || !isSeen(input)) return false;
    setValue.call(input, value);
    for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true, composed: true }));
    return true;
  }

  /** Puts what the wallet gave into the field that it is for, and a login into those beside it; whether it is there. */
  function enter(field, what, { item, value }) {
    hide();
    if (what === "code") return put(field, value);
    const password = isPassword(field) ? field : passwordBeside(field);
    const user = item.attributes?.user ?? "";
    if (password !== undefined && user) put(nameBeside(password), user);
    lastFilled = { user, item: item.item, password: value };
    return put(password, value);
  }

  /** Fills the field, once the wallet has agreed; says beside it why not. @returns {Promise<string>} */
  function fill(field) {
    const what = whatFor(field);
    return new Promise((resolve) => {
      line.ask({ fill: { what } }, ({ result, error }) => {
        const words = error ? (WORDS[what][error.code] ?? error.message) : "";
        if (error) say(words);
        else enter(field, what, JSON.parse(result));
        resolve(words);
      });
    });
  }

  // the page's own button

  /** In the field that has the focus; nothing is said beside it. */
  fillForPage = ({ quiet, gesture, leave }, answered) => {
    const field = focused();
    if (field === undefined) {
      answered(failed("invalid_params", "no field for a login or a one-time code that is seen has the focus"));
      return () => {};
    }
    if (quiet) {
      answered(failed("denied", "a login is filled after a question: ask without quiet"));
      return () => {};
    }
    const what = whatFor(field);
    return line.ask({ fill: { what, page: true, gesture, leave } }, ({ result, error }) => {
      if (error) answered({ error });
      else if (enter(field, what, JSON.parse(result))) answered({ result: "{}" });
      else answered(failed("conflict", "the field is not seen any more, and was not filled"));
    });
  };

  // the button

  function show(field) {
    hide();
    const host = document.createElement("div");
    const { top, right, height } = field.getBoundingClientRect();
    host.popover = "manual";
    const place = `position:fixed;inset:auto;left:${right - ICON_PX - 6}px;top:${top + (height - ICON_PX) / 2}px;`;
    const look = "all:initial;color-scheme:light dark;overflow:visible;";
    host.style.cssText = `${look}${place}`.replaceAll(";", "!important;");
    const root = host.attachShadow({ mode: "closed" });
    const button = document.createElement("button");
    button.type = "button";
    button.style.cssText = BUTTON;
    button.ariaLabel = button.title = "Fill in from the wallet";
    const icon = document.createElementNS(SVG, "svg");
    icon.setAttribute("viewBox", "0 0 24 24");
    icon.setAttribute("fill", "currentColor");
    icon.append(document.createElementNS(SVG, "path"));
    icon.firstChild.setAttribute("d", ICON);
    button.append(icon);
    root.append(button);
    button.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    button.addEventListener("click", (event) => {
      if (event.isTrusted && shown !== null && isAsDrawn(button, shown.sight)) fill(field);
    });
    document.documentElement.append(host);
    host.showPopover();
    shown = { host, root, field, style: host.getAttribute("style"), sight: new Sight([button]) };
  }

  /** Whether an element of the sign has been seen for a moment, is as it was drawn, and nothing lies above it. */
  function isAsDrawn(element, sight) {
    if (!sight.isArmed(element)) return false;
    const { host, field, style } = shown;
    const { left, top, width, height } = element.getBoundingClientRect();
    const above = document.elementFromPoint(left + width / 2, top + height / 2);
    const isOurs = host.getAttribute("style") === style && isSeen(host) && above === host;
    return isOurs && (TELLS_COVERS || isAloneOnTop(host, field));
  }

  function hide() {
    shown?.sight.end();
    shown?.host.remove();
    shown = null;
  }

  /** A sentence below the button. */
  function say(text) {
    if (shown === null) return;
    shown.root.querySelector(".below")?.remove();
    const box = document.createElement("div");
    box.className = "below";
    box.style.cssText = BELOW;
    box.role = "status";
    box.textContent = text;
    shown.root.append(box);
  }

  /** In a frame of another origin only where the browser says what the page around it lays over the sign. */
  const maySign = TELLS_COVERS || !isForeign();
  const follow = (event) => {
    const field = at(event);
    if (shown !== null && field !== shown.field && field !== shown.host) hide();
    if (shown === null && maySign && isInput(field) && isFillable(field)) show(field);
  };
  document.addEventListener("focusin", follow, true);
  document.addEventListener("click", follow, true);
  for (const name of ["scroll", "resize", "pagehide"]) window.addEventListener(name, hide, true);
  const comesOnTop = ({ target }) => target !== shown?.host && hide();
  if (!TELLS_COVERS) {
    for (const name of ["beforetoggle", "fullscreenchange"]) document.addEventListener(name, comesOnTop, true);
  }

  // the extension's button and key

  /** When its user last pressed something in this frame. */
  let pressedAt = 0;
  for (const name of ["pointerdown", "keydown"]) {
    window.addEventListener(name, ({ isTrusted }) => isTrusted && (pressedAt = Date.now()), true);
  }

  const FRAMES = [HTMLIFrameElement, HTMLFrameElement, HTMLObjectElement, HTMLEmbedElement];
  /** The shadow tree of an element, the page may see it or not. @param {Element} element @returns {ShadowRoot | null} */
  const shadowOf = (element) => element.openOrClosedShadowRoot ?? chrome.dom?.openOrClosedShadowRoot(element) ?? null;

  /** Whether keys that are pressed now come to this frame, and to none within it. */
  function isTyped() {
    let active = ofDocument("activeElement");
    for (let root; active instanceof HTMLElement && (root = shadowOf(active))?.activeElement; ) active = root.activeElement;
    return ofDocument("hasFocus").call(document) && !FRAMES.some((kind) => active instanceof kind);
  }

  chrome.runtime.onMessage.addListener(({ want, origin }, _, answer) => {
    const field = Fields.toFill();
    if (want === "look") {
      if (field !== undefined) chrome.runtime.sendMessage({ what: isCode(field) ? "code" : "login", pressedAt });
      return false;
    }
    const isMeant = want === "fill" ? origin === self.origin : want === "fill here" && isTyped();
    if (!isMeant || field === undefined) return false;
    if (shown?.field !== field) show(field);
    fill(field).then(answer);
    return true;
  });
}
