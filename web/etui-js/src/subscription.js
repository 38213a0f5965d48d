/**
 * What is paid again, up to an amount each 30 days.
 *
 * A subscription begins as a payment. In its question the wallet offers its user a yes that lasts: to this page, for
 * this merchant and this card, up to as much as now every 30 days. Whether the user gave it, no wallet tells a page; a
 * later payment that is within it is made without a question, and any other one asks.
 */

import { WalletError } from "./errors.js";
import { pay } from "./payment-1.js";
import { orderIn } from "./signed.js";

/** @import { Asking } from "./wallets.js" */
/** @import { Paying } from "./payment-1.js" */

/**
 * @typedef {object} Terms  what was subscribed to, to be kept by the shop as JSON
 * @property {string} currency  ISO 4217
 * @property {string} value  the most that is paid each time, as `"9.90"`
 */

const DECIMAL = /^\d{1,12}(\.\d{1,4})?$/;
const FRACTION_DIGITS = 4;

/**
 * Pays for the first time.
 *
 * @param {string} request  the payment request that the shop's server signed
 * @param {Asking} [asking]
 * @returns {Promise<Paying & {terms: Terms}>}
 * @throws {WalletError}
 */
export async function subscribe(request, asking = {}) {
  const { currency, value } = orderIn(request).total.amount;
  return { ...(await pay(request, asking)), terms: { currency, value } };
}

/**
 * Pays again; not for more than was subscribed to, nor in another currency.
 *
 * @param {string} request  a new payment request of the shop's
 * @param {Terms} terms  as `subscribe` gave them
 * @param {Asking} [asking]
 * @returns {Promise<Paying>}
 * @throws {WalletError} `beyond`, before a wallet is asked
 */
export async function renew(request, terms, asking = {}) {
  const { currency, value } = orderIn(request).total.amount;
  if (currency !== terms.currency || scaled(value) > scaled(terms.value)) {
    const text = `${value} ${currency} is not within ${terms.value} ${terms.currency}: subscribe anew`;
    throw new WalletError("beyond", text);
  }
  return pay(request, asking);
}

/**
 * A decimal amount as a whole number, so that no two are compared as texts or as floats.
 *
 * @param {string} value
 * @returns {bigint}
 */
function scaled(value) {
  if (!DECIMAL.test(value)) throw new WalletError("malformed", `“${value}” is no amount`);
  const [whole = "", fraction = ""] = value.split(".");
  return BigInt(whole + fraction.padEnd(FRACTION_DIGITS, "0"));
}
