/**
 * Reads what a merchant signed, as far as a page has to. It is not verified here: the shop that shows the page signed
 * it, and the wallet verifies it.
 */

import { WalletError } from "./errors.js";
import { isRecord } from "./wallets.js";

const NAME_DIGITS = 16;

/**
 * @typedef {object} Order  what is to be paid, in the words of the W3C Payment Request API
 * @property {string} id  the merchant's own
 * @property {PaymentItem} total
 * @property {PaymentItem[]} displayItems
 */

/**
 * What a payment request asks for.
 *
 * @param {string} request  a JSON Web Signature of type `payment-request+jws`
 * @returns {Order}
 * @throws {WalletError} `malformed`
 */
export function orderIn(request) {
  const details = payloadOf(request).details;
  if (isRecord(details) && typeof details.id === "string" && isItem(details.total)) {
    const items = Array.isArray(details.displayItems) ? details.displayItems : [];
    return { id: details.id, total: details.total, displayItems: items.filter(isItem) };
  }
  throw malformed();
}

/**
 * How `payment/1` names it: the merchant's id, and which request exactly is meant.
 *
 * @param {string} request
 * @returns {Promise<string>}
 * @throws {WalletError} `malformed`
 */
export async function nameOf(request) {
  const { id } = orderIn(request);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(request)));
  const digits = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${id}#${digits.slice(0, NAME_DIGITS)}`;
}

/**
 * @param {string} token
 * @returns {Record<string, unknown>}
 */
function payloadOf(token) {
  const encoded = typeof token === "string" ? token.split(".")[1] : undefined;
  if (!encoded) throw malformed();
  try {
    const bytes = Uint8Array.from(atob(encoded.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
    const payload = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (isRecord(payload)) return payload;
  } catch (cause) {
    throw malformed(cause);
  }
  throw malformed();
}

/**
 * @param {unknown} value
 * @returns {value is PaymentItem}
 */
function isItem(value) {
  if (!isRecord(value) || typeof value.label !== "string" || !isRecord(value.amount)) return false;
  return typeof value.amount.currency === "string" && typeof value.amount.value === "string";
}

/** @param {unknown} [cause] */
function malformed(cause) {
  return new WalletError("malformed", "that is no payment request: give the text that the merchant signed", { cause });
}
