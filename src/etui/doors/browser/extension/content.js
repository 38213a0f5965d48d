// In a world of the extension's own, in each frame: hands a page's calls to the background, each over its own channel.
// The background learns from the browser whose frame this is; nothing that is said here counts for that.
"use strict";

const FILL = "browser/1.fill";
const MOST_CALLS = 16;
const MOST_CHARACTERS = 256 * 1024;

/** The line to the background; it is there once a call was made, and made anew when it has ended. */
class Line {
  /** @type {chrome.runtime.Port | null} */
  #port = null;
  #next = 0;
  /** @type {Map<number, (answer: {result?: string, error?: object}) => void>} */
  #waiting = new Map();

  /**
   * Asks the background; `answered` is called once. Returns what gives the call up.
   * @param {object} asked
   * @param {(answer: {result?: string, error?: object}) => void} answered
   */
  ask(asked, answered) {
    if (this.#waiting.size >= MOST_CALLS) {
      answered(failed("too_many", "too many calls of this page wait already: wait for an answer"));
      return () => {};
    }
    const id = this.#next++;
    try {
      this.open();
      this.#waiting.set(id, answered);
      this.#port.postMessage({ id, ...asked });
    } catch {
      this.#waiting.delete(id);
      answered(failed("absent", "the wallet's browser extension was updated or removed: load this page again"));
    }
    return () => {
      if (this.#waiting.delete(id)) this.#port?.postMessage({ id, cancel: true });
    };
  }

  /** Tells the background what is not answered. @param {object} told */
  tell(told) {
    this.open();
    this.#port.postMessage(told);
  }

  /** Has the line be there. */
  open() {
    this.#port ??= this.#connect();
  }

  #connect() {
    const port = chrome.runtime.connect({ name: "frame" });
    port.onMessage.addListener(({ id, ...answer }) => {
      const answered = this.#waiting.get(id);
      this.#waiting.delete(id);
      answered?.(answer);
    });
    port.onDisconnect.addListener(() => {
      this.#port = null;
      const waiting = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const answered of waiting) answered(failed("unavailable", "the browser ended its line to the wallet"));
    });
    return port;
  }
}

/** @param {string} code @param {string} message */
function failed(code, message) {
  return { error: { code, message } };
}

/**
 * What the browser says of this frame's document: an element that the page has named so does not stand in its place.
 * @param {string} name
 */
const ofDocument = (name) => Reflect.get(Document.prototype, name, document);

/** Whether this frame is in a page of another origin, however deep. */
function isForeign() {
  try {
    for (let inner = window; inner !== inner.parent; inner = inner.parent) void inner.parent.document;
    return false;
  } catch {
    return true;
  }
}

/**
 * Whether the page that this frame is in lets it ask its user: by `allow="payment"`, as for the web's own payments.
 * Where the browser does not tell, as Firefox, that is a page of its own origin.
 */
const mayAsk = () => ofDocument("featurePolicy")?.allowsFeature("payment") ?? !isForeign();

/** @typedef {(answer: {result?: string, error?: object}) => void} Answered */

const line = new Line();

/**
 * What fills a login for a page's script; login.js says it. Returns what gives the call up.
 * @type {(asked: {quiet: boolean, gesture: boolean, leave: boolean}, answered: Answered) => () => void}
 */
let fillForPage;

window.addEventListener("message", (event) => {
  const [port] = event.ports;
  if (event.source !== window || event.data?.etui !== "call" || port === undefined) return;
  event.stopImmediatePropagation();
  const { method, params, quiet } = event.data;
  if (typeof method !== "string" || typeof params !== "string" || params.length > MOST_CHARACTERS) {
    port.postMessage(failed("invalid_params", `a call's params have at most ${MOST_CHARACTERS} characters`));
    return;
  }
  const gesture = navigator.userActivation.isActive; // as it is now: what waits may outlast it
  const answered = (answer) => port.postMessage(answer);
  if (method === FILL) {
    port.onmessage = fillForPage({ quiet: quiet === true, gesture, leave: !isForeign() }, answered);
    return;
  }
  port.onmessage = line.ask({ method, params, quiet: quiet === true, gesture, leave: mayAsk() }, answered);
});
