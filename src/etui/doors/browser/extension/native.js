// The line to the wallet: the native messaging host, which is a pipe to the door. One for the whole browser profile.

import { kept, prove } from "./pairing.js";
import { fromBase64 } from "./seal.js";

const HOST = "org.etui.browser";
const VERSION = 1;
const AGAIN_MS = 1000;

/** An error as a page is told it. */
export class Failure extends Error {
  /** @param {{code: string, message: string}} said */
  constructor({ code, message }) {
    super(message);
    this.code = code;
  }

  /** What its user is told. */
  get words() {
    return this.code === "refused" ? "You said no." : this.message;
  }
}

/**
 * @typedef {"absent" | "locked" | "unpaired" | "ready"} Standing how the wallet stands to this browser
 */
export class Native {
  /** @type {chrome.runtime.Port | null} */
  #port = null;
  #next = 0;
  /** @type {Map<number, {resolve: (result: object) => void, reject: (reason: Failure) => void}>} */
  #waiting = new Map();
  /** @type {Standing | null} null while it is not known yet */
  #standing = null;
  /** @type {(() => void)[]} */
  #settling = [];
  #triedAt = -Infinity;
  /** What there is to say of how it stands, for people. */
  message = "";
  /** Another number for each connection to a door: what was opened over one is not known over the next. */
  connection = 0;
  /** Called when it stands otherwise. */
  onChange = () => {};

  /** @returns {Standing} */
  get standing() {
    return this.#standing ?? "absent";
  }

  /** How it stands, once that is known; tries to reach a wallet where none is. @returns {Promise<Standing>} */
  async settled() {
    if (this.#port === null) this.#connect();
    if (this.#standing === null) await new Promise((resolve) => this.#settling.push(resolve));
    return this.standing;
  }

  /**
   * Sends what is answered. @param {object} asked @param {(id: number) => void} [sent] gets the id for `cancel`
   * @returns {Promise<object>}
   */
  ask(asked, sent) {
    return new Promise((resolve, reject) => {
      if (this.#port === null) {
        reject(new Failure({ code: "absent", message: this.message }));
        return;
      }
      const id = (this.#next = (this.#next + 1) % 2 ** 31);
      this.#waiting.set(id, { resolve, reject });
      this.#port.postMessage({ id, ...asked });
      sent?.(id);
    });
  }

  /** Sends what is not answered. @param {object} told */
  tell(told) {
    this.#port?.postMessage(told);
  }

  /** Gives a call up: it is rejected. @param {number} id */
  cancel(id) {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.tell({ do: "cancel", id });
    waiting.reject(new Failure({ code: "cancelled", message: "the call was given up" }));
  }

  #connect() {
    if (performance.now() - this.#triedAt < AGAIN_MS) return;
    this.#triedAt = performance.now();
    this.#standing = null;
    this.message = "";
    this.connection++;
    const port = (this.#port = chrome.runtime.connectNative(HOST));
    port.onMessage.addListener((message) => this.#hear(port, message));
    port.onDisconnect.addListener((ended) => this.#lost(ended.error?.message ?? chrome.runtime.lastError?.message));
  }

  #lost(reason) {
    this.#port = null;
    this.#triedAt = performance.now();
    this.message ||= reason ?? "the wallet's native messaging host ended";
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new Failure({ code: "unavailable", message: this.message }));
    this.#stands("absent");
  }

  #hear(port, message) {
    if (message.is === "answer") {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.error) waiting?.reject(new Failure(message.error));
      else waiting?.resolve(message.result);
    } else if (message.is === "state") {
      this.message = message.message ?? "";
      if (message.version > VERSION) this.message = "the wallet is newer than its browser extension: update that";
      if (message.state === "unproven") this.#prove(port, message.challenge);
      else this.#stands(message.state);
    }
  }

  /** Answers a challenge, if there is a pairing; without a challenge the last answer was refused. */
  async #prove(port, challenge) {
    try {
      const pairing = challenge === undefined ? undefined : await kept();
      if (pairing !== undefined) {
        this.#standing = null;
        const signature = await prove(pairing, fromBase64(challenge));
        port.postMessage({ do: "prove", pairing: pairing.pairing, signature });
        return;
      }
    } catch (reason) {
      this.message = `the key of this browser's pairing cannot be used: ${reason.message}`;
    }
    if (port === this.#port) this.#stands("unpaired");
  }

  /** @param {Standing} standing */
  #stands(standing) {
    this.#standing = standing;
    const settling = this.#settling;
    this.#settling = [];
    for (const settled of settling) settled();
    this.onChange();
  }
}
