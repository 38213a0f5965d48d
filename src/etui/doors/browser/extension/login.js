// In a world of the extension's own: fills a login, or a one-time code, where the user clicks, and offers to save what
// was typed. A click of a script's making fills nothing, nor does one on a sign, or in its list, that the page has moved,
// altered or put under something (sight.js), or that has just come. A page's own scripts can still lure its user to the
// sign: what they get then is that page's own login.
"use strict";

{
  const NAMED = new Set(["text", "email", "tel"]);
  const SMALLEST_PX = 8;
  const ICON_PX = 18;
  const ICON =
    "M4 7h13a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3V6a2 2 0 0 1 2-2h11v2H5v1zm11 6a1.5 1.5 0 1 0 0 3h5v-3z";
  const SVG = "http://www.w3.org/2000/svg";
  // Styles are set on the elements themselves: a page's policy may forbid style sheets, and not that.
  const PLAIN = "all: unset; box-sizing: border-box; cursor: pointer; display: block; border-radius: 5px;";
  const BUTTON = `${PLAIN} width: ${ICON_PX}px; height: ${ICON_PX}px; color: light-dark(#1f6b4f, #a9e0c8);`;
  const CHOICE = `${PLAIN} padding: 6px 8px; width: 100%; outline: revert;`;
  const BELOW = `position: absolute; right: 0; top: ${ICON_PX + 6}px; width: max-content; max-width: 280px;
    padding: 6px 10px; font: 14px system-ui; border: 1px solid #8a94a3; border-radius: 8px;
    background: light-dark(#ffffff, #1b1e23); color: light-dark(#1b1e23, #eceff4);`;
  const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;

  /** Fields in which the user typed. @type {WeakSet<HTMLInputElement>} */
  const typed = new WeakSet();
  /** What was filled last: its user, its item, and the password. */
  let filled = null;
  /**
   * The button beside a field: with the style that it was given, whether it is seen, and the list below it.
   * @type {{host: HTMLElement, root: ShadowRoot, field: HTMLInputElement, style: string, sight: Sight, list: Sight?} | null}
   */
  let shown = null;

  /** @param {EventTarget | null} element @returns {element is HTMLInputElement} */
  const isInput = (element) => element instanceof HTMLInputElement && !element.disabled && !element.readOnly;
  const isPassword = (input) => input.type === "password";
  const isCode = (input) => input.autocomplete === "one-time-code";
  const isSeen = (input) => {
    const { width, height } = input.getBoundingClientRect();
    const styles = { opacityProperty: true, visibilityProperty: true };
    return width >= SMALLEST_PX && height >= SMALLEST_PX && input.checkVisibility(styles);
  };
  /** The fields beside this one that are seen: of its form, or of the page where it is in none. */
  const fieldsBeside = (input) =>
    [...(input.form ?? document).querySelectorAll("input")].filter((one) => isInput(one) && isSeen(one));
  const passwordBeside = (input) => fieldsBeside(input).find(isPassword);
  /** The field of the user's name: the last one before the password that takes text. */
  const nameBeside = (password) => {
    const fields = fieldsBeside(password);
    return fields.slice(0, fields.indexOf(password)).findLast((one) => NAMED.has(one.type) && !isCode(one));
  };
  const isName = (input) => NAMED.has(input.type) && passwordBeside(input) !== undefined;
  const isFillable = (input) => isSeen(input) && (isCode(input) || isPassword(input) || isName(input));

  /** Asks the background about this frame's logins. @returns {Promise<object>} */
  const ask = (fill) =>
    new Promise((resolve, reject) => {
      line.ask({ fill }, ({ result, error }) => {
        if (error) reject(new Error(error.message));
        else resolve(JSON.parse(result));
      });
    });

  /** Changes a field that is seen, as if its user had typed. */
  function put(input, value) {
    if (input === undefined || !isSeen(input)) return;
    setValue.call(input, value);
    for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true, composed: true }));
  }

  /** Fills the field, and those beside it, once the user has chosen and the wallet has agreed. */
  async function fill(field) {
    const what = isCode(field) ? "codes" : "logins";
    try {
      const { items: found } = await ask({ what });
      if (found.length === 0) say(what === "codes" ? "No one-time code for this site." : "No login for this site.");
      else if (found.length === 1) await take(field, found[0]);
      else offerChoice(field, found);
    } catch (reason) {
      say(reason.message);
    }
  }

  async function take(field, item) {
    const what = item.kind === "code" ? "code" : "read";
    const { value } = await ask({ what, item: item.item });
    if (what === "code") {
      put(field, value);
    } else {
      const password = isPassword(field) ? field : passwordBeside(field);
      const user = item.attributes?.user ?? "";
      if (password !== undefined && user) put(nameBeside(password), user);
      put(password, value);
      filled = { user, item: item.item, password: value };
    }
    hide();
  }

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
    shown = { host, root, field, style: host.getAttribute("style"), sight: new Sight([button]), list: null };
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
    shown?.list?.end();
    shown?.host.remove();
    shown = null;
  }

  /** A list of logins below the button. */
  function offerChoice(field, items) {
    const buttons = items.map((item) => {
      const button = document.createElement("button");
      button.type = "button";
      button.style.cssText = CHOICE;
      button.textContent = item.attributes?.user || item.label;
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", (event) => {
        const isMeant = event.isTrusted && shown?.list && isAsDrawn(button, shown.list);
        if (isMeant) take(field, item).catch((reason) => say(reason.message));
      });
      return button;
    });
    below(...buttons);
    if (shown !== null) shown.list = new Sight(buttons);
  }

  /** A sentence below the button. */
  function say(text) {
    below(text);
  }

  function below(...content) {
    if (shown === null) return;
    shown.list?.end();
    shown.list = null;
    shown.root.querySelector(".below")?.remove();
    const box = document.createElement("div");
    box.className = "below";
    box.style.cssText = BELOW;
    box.role = "status";
    box.append(...content);
    shown.root.append(box);
  }

  /** In a frame of another origin only where the browser says what the page around it lays over the sign. */
  const maySign = TELLS_COVERS || !isForeign();
  const follow = ({ target }) => {
    if (shown !== null && target !== shown.field && target !== shown.host) hide();
    if (shown === null && maySign && isInput(target) && isFillable(target)) show(target);
  };
  document.addEventListener("focusin", follow, true);
  document.addEventListener("click", follow, true);
  for (const name of ["scroll", "resize", "pagehide"]) window.addEventListener(name, hide, true);
  const comesOnTop = ({ target }) => target !== shown?.host && hide();
  if (!TELLS_COVERS) {
    for (const name of ["beforetoggle", "fullscreenchange"]) document.addEventListener(name, comesOnTop, true);
  }

  // saving

  document.addEventListener(
    "input",
    ({ target, isTrusted }) => {
      if (isTrusted && isInput(target) && isPassword(target)) typed.add(target);
    },
    true,
  );
  document.addEventListener(
    "submit",
    ({ target }) => {
      if (!(target instanceof HTMLFormElement)) return;
      const inputs = [...target.querySelectorAll("input")];
      const password = inputs.find((one) => isInput(one) && isPassword(one) && typed.has(one));
      if (password === undefined || !password.value || password.value === filled?.password) return;
      const user = nameBeside(password)?.value ?? "";
      const item = filled !== null && filled.user === user ? filled.item : undefined;
      line.tell({ offer: { user, password: password.value, item } });
    },
    true,
  );
}
