// Where somebody is and what they typed stays so when a page, or the part of it that the wallet fills, is made anew.
"use strict";

(() => {
  const FIELDS = "input:not([type=hidden])[id], select[id], textarea[id]";
  const isChanged = field =>
    field.type === "checkbox"
      ? field.checked !== field.defaultChecked
      : field.value !== (field.defaultValue ?? field.querySelector("[selected], option")?.value ?? "");
  const all = (root, selector) => [...root.querySelectorAll(selector)];
  const isSame = was => one =>
    was.localName === "a" ? one.getAttribute("href") === was.getAttribute("href") : one.textContent === was.textContent;
  const focus = element => {
    if (!element.matches("a, button, input, select, textarea, summary")) element.tabIndex = -1;
    element.focus({ preventScroll: true });
  };
  // A page names what it shows by where it stands; that leads elsewhere once another page's address is there.
  const pin = () => {
    for (const link of all(document.head, "link[rel=icon]")) link.setAttribute("href", link.href);
    for (const image of document.images) image.setAttribute("src", image.src);
  };
  let left = null;

  document.addEventListener("htmx:beforeSwap", ({ detail: { target, boosted } }) => {
    if (boosted) pin();
    const at = document.activeElement;
    left = target.id === "content" && {
      fields: all(target, FIELDS).filter(isChanged),
      opened: all(target, "details[id][open]"),
      at: target.contains(at) && at,
    };
  });

  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.boosted) {
      pin();
      focus(document.querySelector(".told") ?? document.querySelector("h1"));
    } else if (left) {
      const content = document.getElementById("content");
      for (const { id } of left.opened) document.getElementById(id)?.setAttribute("open", "");
      for (const { id, value, checked } of left.fields) {
        const field = document.getElementById(id);
        if (field) Object.assign(field, field.type === "checkbox" ? { checked } : { value });
      }
      if (left.at && !content.contains(document.activeElement)) {
        const { id, localName } = left.at;
        const again = id ? document.getElementById(id) : all(content, localName).find(isSame(left.at));
        focus(again ?? document.querySelector("h1"));
      }
    }
    left = null;
  });

  document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());
})();
