/**
 * Finds the wallets of the browser that shows this page, and asks them.
 *
 * The page dispatches `etui:discover` on its window; each wallet answers with `etui:announce`, whose `detail` is a
 * `Wallet`. There may be several, and there may be none.
 */

import { WalletError } from "./errors.js";

/**
 * @typedef {object} Call
 * @property {string} method  as `payment/1.pay`
 * @property {object} params  as the interface has them
 * @property {AbortSignal} [signal]  gives the call up
 * @property {true} [quiet]  nobody is asked for it
 */

/**
 * @typedef {object} Wallet
 * @property {string} id  another one each time that a page is loaded
 * @property {string} name  for people
 * @property {1} version  of this protocol
 * @property {readonly string[]} methods  what it lets pages ask for
 * @property {(call: Call) => Promise<object>} request  rejects with an `Error` that has a `code`
 */

/**
 * @typedef {object} Asking
 * @property {Wallet} [wallet]  the one to ask; the first that can, where none is given
 * @property {AbortSignal} [signal]  gives it up, with an `AbortError`
 * @property {boolean} [quiet]  without a question to the user or not at all: `denied`, or `spent` beyond a mandate
 */

const VERSION = 1;
const WAIT_MS = 100;

/**
 * The wallets that are here, each once, in the order in which they answered.
 *
 * @returns {Promise<Wallet[]>} after a tenth of a second
 */
export async function wallets() {
  /** @type {Wallet[]} */
  const found = [];
  await discovered((wallet) => !found.push(wallet));
  return found;
}

/**
 * The first wallet that lets pages ask for a method: at once where one answers, else within a tenth of a second.
 *
 * @param {string} method  as `payment/1.pay`
 * @returns {Promise<Wallet>}
 * @throws {WalletError} `absent`
 */
export async function walletFor(method) {
  const found = await discovered((wallet) => wallet.methods.includes(method));
  if (found) return found;
  throw new WalletError("absent", `no wallet is here that could do ${method}: offer what you would without one`);
}

/**
 * What a wallet answers.
 *
 * @param {string} method
 * @param {object} params  without members that are undefined
 * @param {Asking} asking
 * @returns {Promise<Record<string, unknown>>}
 * @throws {WalletError} with the wallet's code
 */
export async function ask(method, params, { wallet, signal, quiet }) {
  const asked = wallet ?? (await walletFor(method));
  signal?.throwIfAborted();
  let answer;
  try {
    answer = await asked.request({ method, params, ...(signal && { signal }), ...(quiet && { quiet }) });
  } catch (cause) {
    signal?.throwIfAborted();
    throw refusal(asked, cause);
  }
  if (isRecord(answer)) return answer;
  throw new WalletError("unavailable", `${asked.name} answers ${method} with something else than a result`);
}

/**
 * The text in a member of an answer.
 *
 * @param {Record<string, unknown>} answer
 * @param {string} member
 * @returns {string}
 * @throws {WalletError} `unavailable`, where there is none
 */
export function textIn(answer, member) {
  const text = answer[member];
  if (typeof text === "string" && text) return text;
  throw new WalletError("unavailable", `the wallet's answer has no ${member}`);
}

/**
 * The reference in a member of an answer, which is an item.
 *
 * @param {Record<string, unknown>} answer
 * @param {string} member
 * @returns {string}
 * @throws {WalletError} `unavailable`, where there is none
 */
export function referenceIn(answer, member) {
  const item = answer[member];
  return textIn(isRecord(item) ? item : {}, "item");
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Asks who is here, until `enough` says so of one or the time is over.
 *
 * @param {(wallet: Wallet) => boolean} enough
 * @returns {Promise<Wallet | undefined>} that one
 */
function discovered(enough) {
  return new Promise((resolve) => {
    const known = new Set();
    /** @param {Wallet} [wallet] */
    const end = (wallet) => {
      clearTimeout(timer);
      window.removeEventListener("etui:announce", heard);
      resolve(wallet);
    };
    /** @param {Event} event */
    const heard = (event) => {
      const wallet = walletIn(event);
      if (!wallet || known.has(wallet.id)) return;
      known.add(wallet.id);
      if (enough(wallet)) end(wallet);
    };
    const timer = setTimeout(end, WAIT_MS);
    window.addEventListener("etui:announce", heard);
    window.dispatchEvent(new Event("etui:discover"));
  });
}

/**
 * @param {Event} event
 * @returns {Wallet | undefined}  none where whoever announces itself is no wallet of this version
 */
function walletIn(event) {
  const detail = event instanceof CustomEvent ? event.detail : undefined;
  if (!isRecord(detail)) return undefined;
  const { id, name, version, methods, request } = detail;
  const isOne =
    typeof id === "string" &&
    typeof name === "string" &&
    version === VERSION &&
    Array.isArray(methods) &&
    methods.every((method) => typeof method === "string") &&
    typeof request === "function";
  return isOne ? /** @type {Wallet} */ (/** @type {unknown} */ (detail)) : undefined;
}

/**
 * @param {Wallet} wallet
 * @param {unknown} cause
 * @returns {WalletError}
 */
function refusal(wallet, cause) {
  if (cause instanceof Error) {
    const code = "code" in cause && typeof cause.code === "string" ? cause.code : "unavailable";
    return new WalletError(code, cause.message, { cause });
  }
  return new WalletError("unavailable", `${wallet.name} fails without saying why`, { cause });
}
