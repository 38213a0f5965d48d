// In a world of the extension's own, in each frame: which fields of a page are for a name, a password or a one-time code.
"use strict";

/** What was filled in last here, by which it is known whether it was changed. @type {{user: string, item: string, password: string} | null} */
let lastFilled = null;

const Fields = (() => {
  const NAMED = new Set(["text", "email", "tel"]);
  const SMALLEST_PX = 8;

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
  const beside = (input) =>
    [...(input.form ?? input.getRootNode()).querySelectorAll("input")].filter((one) => isInput(one) && isSeen(one));
  const passwordBeside = (input) => beside(input).find(isPassword);
  /** The field of the user's name: the last one before the password that takes text. */
  const nameBeside = (password) => {
    const fields = beside(password);
    return fields.slice(0, fields.indexOf(password)).findLast((one) => NAMED.has(one.type) && !isCode(one));
  };
  const isName = (input) => NAMED.has(input.type) && passwordBeside(input) !== undefined;
  const isFillable = (input) => isSeen(input) && (isCode(input) || isPassword(input) || isName(input));
  /** The field at which an event happened, one in an open shadow root too. @param {Event} event */
  const at = (event) => event.composedPath()[0] ?? null;

  /** The fields of the page, with those in open shadow roots. @param {Document | ShadowRoot} root */
  function* inPage(root) {
    for (const element of root.querySelectorAll("*")) {
      if (isInput(element)) yield element;
      if (element.shadowRoot) yield* inPage(element.shadowRoot);
    }
  }

  /** The field with the focus, where it is to be filled. @returns {HTMLInputElement | undefined} */
  function focused() {
    let active = ofDocument("activeElement");
    while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    return isInput(active) && isFillable(active) ? active : undefined;
  }

  /** The field that is to be filled, where nobody points at one: the one with the focus, a password's, or any. */
  function toFill() {
    const active = focused();
    if (active !== undefined) return active;
    const fillable = [...inPage(document)].filter(isFillable);
    return fillable.find(isPassword) ?? fillable[0];
  }

  return { isInput, isPassword, isCode, isSeen, isFillable, passwordBeside, nameBeside, at, inPage, focused, toFill };
})();
