// In a world of the extension's own: whether its user has seen what a click was on. A page can lay something over the
// sign that lets clicks through, so that what is pressed looks like something else; what lies under the pointer does not
// show that.
//
// - Where the browser says what lies over an element (Intersection Observer, version 2: Chromium), it has to have said
//   for a moment that nothing does, neither of this page nor of one around it.
// - Elsewhere (Firefox) the sign is in the top layer, above whatever is not; so nothing of the page's may be there that
//   the field is not in, nor come there while the sign is shown.
//
// Source: W3C Intersection Observer, version 2, "trackVisibility"; HTML, section 6.12, the popover attribute.
"use strict";

const ARMED_MS = 500;
const DELAY_MS = 100;
const TOP_LAYER = ":popover-open, :modal, :fullscreen";
const TELLS_COVERS = "isVisible" in IntersectionObserverEntry.prototype;

/** Elements of the extension's, as long as they are shown. */
class Sight {
  /** Since when each is seen whole, in milliseconds. @type {Map<Element, number>} */
  #since = new Map();
  #observer;

  /** @param {Element[]} elements */
  constructor(elements) {
    if (!TELLS_COVERS) {
      for (const element of elements) this.#since.set(element, performance.now());
      return;
    }
    const told = (/** @type {IntersectionObserverEntry[]} */ entries) => {
      for (const { target, isVisible } of entries) {
        if (!isVisible) this.#since.delete(target);
        else if (!this.#since.has(target)) this.#since.set(target, performance.now());
      }
    };
    this.#observer = new IntersectionObserver(told, { trackVisibility: true, delay: DELAY_MS });
    for (const element of elements) this.#observer.observe(element);
  }

  /** Whether one has been seen for long enough to be meant. @param {Element} element */
  isArmed(element) {
    return performance.now() - (this.#since.get(element) ?? Infinity) >= ARMED_MS;
  }

  end() {
    this.#observer?.disconnect();
  }
}

/**
 * Whether nothing but `own`, and what `field` is in, is in the top layer. @param {Element} own @param {Element} field
 * @param {Document | ShadowRoot} [root]
 */
function isAloneOnTop(own, field, root = document) {
  for (const element of root.querySelectorAll("*")) {
    if (element.matches(TOP_LAYER) && element !== own && !element.contains(field)) return false;
    const inner = element.openOrClosedShadowRoot;
    if (inner && element !== own && !isAloneOnTop(own, field, inner)) return false;
  }
  return true;
}
