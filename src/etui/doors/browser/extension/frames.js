// The frames of pages that use the wallet: each by the origin that the browser says it has, with a session key of its
// own.

import { Failure } from "./native.js";
import { End, fromBase64, toBase64 } from "./seal.js";

const MOST_CALLS = 16;
const MOST_CHARACTERS = 256 * 1024;
const MOST_LEVELS = 30;
const MOST_NAME = 400;
/** What the door answers where a frame is not open. */
const NOT_OPEN = "invalid_request";
const METHOD = /^[a-z0-9._/-]{1,200}$/;
/** What login.js may ask for, and the sealed field of its answer. */
const FILLS = new Map([
  ["login", "secret/1.login.value"],
  ["code", "secret/1.login_code.value"],
]);
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** @typedef {import("./native.js").Native} Native */

export class Frame {
  static #next = 0;
  #port;
  #native;
  #number = 0;
  /** The connection over which it is open at the door. */
  #openOver = -1;
  /** @type {Promise<End> | null} */
  #end = null;
  /** The ids at the door of what waits, by the frame's own. @type {Map<number, number | null>} */
  #calls = new Map();
  #isGone = false;

  /**
   * @param {chrome.runtime.Port} port @param {string} origin @param {Native} native
   * @param {(frame: Frame, login: {user: string, password: string, item?: string}) => void} offer
   */
  constructor(port, origin, native, offer) {
    this.#port = port;
    this.#native = native;
    this.origin = origin;
    port.onMessage.addListener((asked) => {
      if (asked.cancel) this.#cancel(asked.id);
      else if (asked.offer) offer(this, asked.offer);
      else this.#serve(asked);
    });
    port.onDisconnect.addListener(() => this.#gone());
  }

  async #serve({ id, fill, ...asked }) {
    if (this.#calls.size >= MOST_CALLS) {
      this.#port.postMessage({ id, error: { code: "too_many", message: "too many calls of this page wait already" } });
      return;
    }
    this.#calls.set(id, null);
    let answer;
    try {
      const result = fill ? await this.#fill(fill, id) : await this.#call(asked, id);
      answer = { result: JSON.stringify(result) };
    } catch (reason) {
      const { code, message } = reason instanceof Failure ? reason : failureOf(reason);
      answer = { error: { code, message } };
    }
    if (this.#calls.delete(id)) this.#port.postMessage({ id, ...answer });
  }

  /**
   * What a page's script asks for. `quiet`: rather no than a question to the user. `gesture`: a click or a key of its
   * user's led to it. `leave`: the page that this frame is in lets it ask.
   * @param {{method: string, params: string, quiet: boolean, gesture: boolean, leave: boolean}} asked
   * @param {number} id
   */
  async #call({ method, params, quiet, gesture, leave }, id) {
    if (method === "browser/1.ready") return { ready: (await this.#native.settled()) === "ready" };
    if (!METHOD.test(method)) throw new Failure({ code: "unknown_method", message: "there is no method of this name" });
    const value = JSON.parse(params);
    if (!isObject(value) || !isPlain(value, MOST_LEVELS) || JSON.stringify(value).length > MOST_CHARACTERS) {
      const message = `params are an object of whole texts, ${MOST_LEVELS} levels and ${MOST_CHARACTERS} characters at most`;
      throw new Failure({ code: "invalid_params", message });
    }
    const how = { quiet: quiet === true, gesture: gesture === true, leave: leave === true };
    return this.#ask({ do: "call", method, params: value, ...how }, id);
  }

  /**
   * A login or a one-time code of this frame's site, which login.js asks for; its value is opened here.
   * `page`: for a page's script. `gesture`: a click or a key of its user's led to that. `leave`: the page that this
   * frame is in is of its own origin.
   * @param {{what: string, page?: boolean, gesture?: boolean, leave?: boolean}} asked @param {number} id
   */
  async #fill({ what, page, gesture, leave }, id) {
    const field = FILLS.get(what);
    if (field === undefined) throw new Failure({ code: "unknown_method", message: `nothing is known of ${what}` });
    const how = page === true ? { page, gesture: gesture === true, leave: leave === true } : {};
    const { item, value } = await this.#ask({ do: "fill", what, ...how }, id);
    const end = await this.#end;
    return { item, value: UTF8.decode(await end.open(value, field)) };
  }

  /**
   * Keeps a login for this frame's site, whether the frame is still there or not; in place of what `item` was.
   * @param {{user: string, password: string, item?: string}} login
   */
  async save({ user, password, item = "" }) {
    const { key } = await this.#ask({ do: "fill", what: "ends", item });
    const end = await this.#end;
    const field = item ? "secret/1.update.value" : "secret/1.create.value";
    const value = await end.seal(new TextEncoder().encode(password), fromBase64(key), field);
    await this.#ask({ do: "fill", what: "save", item, user: user.slice(0, MOST_NAME).toWellFormed(), value });
    if (this.#isGone) this.#close();
  }

  /** Asks the door; once more where that has closed this frame, which had not asked for long. */
  async #ask(asked, id) {
    try {
      return await this.#askOpen(asked, id);
    } catch (reason) {
      if (reason.code !== NOT_OPEN) throw reason;
      this.#openOver = -1;
      return this.#askOpen(asked, id);
    }
  }

  /** Asks the door, where this frame is opened first. */
  async #askOpen(asked, id) {
    const standing = await this.#native.settled();
    if (standing === "locked") throw new Failure({ code: "locked", message: "the wallet is locked" });
    if (standing !== "ready") {
      const paired = "this browser is not paired with the wallet: the extension's button does that";
      throw new Failure({ code: "absent", message: standing === "unpaired" ? paired : this.#native.message });
    }
    const { key } = await (this.#end ??= End.make());
    if (this.#openOver !== this.#native.connection) {
      this.#openOver = this.#native.connection;
      this.#number = Frame.#next = (Frame.#next + 1) % 2 ** 31;
      this.#native.tell({ do: "open", frame: this.#number, origin: this.origin, key: toBase64(key) });
    }
    return this.#native.ask({ ...asked, frame: this.#number }, (sent) => {
      if (id !== undefined) this.#calls.set(id, sent);
    });
  }

  #cancel(id) {
    const sent = this.#calls.get(id);
    this.#calls.delete(id);
    if (sent != null) this.#native.cancel(sent);
  }

  #gone() {
    this.#isGone = true;
    for (const id of [...this.#calls.keys()]) this.#cancel(id);
    this.#close();
  }

  #close() {
    if (this.#openOver === this.#native.connection) this.#native.tell({ do: "close", frame: this.#number });
    this.#openOver = -1;
  }
}

/** @param {unknown} value */
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Whether texts are whole, and arrays and objects have at most so many levels. @param {unknown} value @param {number} levels */
function isPlain(value, levels) {
  if (typeof value === "string") return value.isWellFormed();
  if (value === null || typeof value !== "object") return true;
  const inner = [...Object.keys(value), ...Object.values(value)];
  return levels > 0 && inner.every((one) => isPlain(one, levels - 1));
}

/** What a page is told of a fault of its own, or of ours. */
function failureOf(reason) {
  if (reason instanceof SyntaxError || reason instanceof RangeError) return { code: "invalid_params", message: reason.message };
  return { code: "internal", message: `the wallet's browser extension failed: ${reason.message}` };
}
