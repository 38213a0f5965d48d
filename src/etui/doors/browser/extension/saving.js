// In a world of the extension's own: offers to save what was typed, once its user logged in with it. That is when a form
// is sent or, where a page's script does it, when the field of the password goes, or the page, soon after a click or Enter.
"use strict";

{
  const { isInput, isPassword, isSeen, nameBeside, at, inPage } = Fields;
  const LOOK_EVERY_MS = 200;
  const SOON_MS = 30_000;

  /** What the user typed in fields of passwords, which they stay where the page shows it. @type {Map<HTMLInputElement, string>} */
  const typed = new Map();
  /**
   * What the user pressed on with last, and the address of the page by then.
   * @type {{login: object, field: HTMLInputElement, address: string, since: number} | null}
   */
  let tried = null;
  let looking = 0;

  /** Of several passwords that were typed, the one that holds from now on: the new one. @param {HTMLInputElement[]} fields */
  const newest = (fields) =>
    fields.find((one) => one.autocomplete === "new-password") ??
    fields.find((one, place) => fields.slice(place + 1).some((other) => other.value === one.value)) ??
    fields[0];

  /** What would be saved of these fields. @param {HTMLInputElement[]} fields */
  function loginIn(fields) {
    const field = newest(fields.filter((one) => one.value && typed.get(one) === one.value));
    if (field === undefined || field.value === lastFilled?.password) return null;
    const user = nameBeside(field)?.value ?? lastFilled?.user ?? "";
    const item = lastFilled !== null && lastFilled.user === user ? lastFilled.item : undefined;
    return { field, login: { user, password: field.value, item } };
  }

  function offer(login) {
    forget();
    line.tell({ offer: login });
  }

  function forget() {
    clearInterval(looking);
    tried = null;
  }

  /** Notes what may have been logged in with, and looks for a while what becomes of the page. */
  function watch() {
    forget();
    for (const one of typed.keys()) if (!one.isConnected) typed.delete(one);
    const found = loginIn([...typed.keys()]);
    if (found === null) return;
    tried = { ...found, address: location.href, since: performance.now() };
    looking = setInterval(look, LOOK_EVERY_MS);
  }

  /** Whether a click there goes into a field, or to another page. @param {EventTarget | null} element */
  function leads(element) {
    if (isInput(element) && !["button", "submit", "image"].includes(element.type)) return true;
    const link = element instanceof Element ? element.closest("a[href]") : null;
    return link !== null && /^https?:/.test(link.href) && withoutFragment(link.href) !== withoutFragment(location.href);
  }

  /** @param {string} address */
  const withoutFragment = (address) => address.split("#", 1)[0];

  const isHere = () => tried.field.isConnected && isSeen(tried.field);
  const isAskedAgain = () => [...inPage(document)].some((one) => isPassword(one) && isSeen(one));
  /** Whether the page wants it typed anew, as after a wrong password. */
  const isEmptied = () => isHere() && tried.field.value === "";

  function look() {
    if (isEmptied()) forget();
    else if (location.href !== tried.address || (!isHere() && !isAskedAgain())) offer(tried.login);
    else if (performance.now() - tried.since > SOON_MS) forget();
  }

  document.addEventListener(
    "input",
    (event) => {
      const field = at(event);
      if (!event.isTrusted || !isInput(field) || !(isPassword(field) || typed.has(field))) return;
      typed.set(field, field.value);
      line.open(); // what is said as the page goes comes through where the line is there
    },
    true,
  );
  document.addEventListener(
    "click",
    (event) => {
      if (event.isTrusted && !leads(at(event))) watch();
    },
    true,
  );
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.isTrusted && event.key === "Enter") watch();
    },
    true,
  );
  document.addEventListener(
    "submit",
    ({ target }) => {
      if (!(target instanceof HTMLFormElement)) return;
      const found = loginIn([...target.querySelectorAll("input")].filter(isInput));
      if (found !== null) offer(found.login);
    },
    true,
  );
  window.addEventListener("pagehide", () => {
    if (tried !== null && !isEmptied()) offer(tried.login);
  });
}
