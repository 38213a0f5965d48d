/**
 * `payment/1`: pays what the shop signed, and tells the wallet what became of it; proposes to pay unasked.
 */

import { WalletError } from "./errors.js";
import { nameOf, orderIn } from "./signed.js";
import { ask, referenceIn, textIn } from "./wallets.js";

/** @import { Asking } from "./wallets.js" */

/**
 * @typedef {object} Paying
 * @property {string} payment  the wallet's reference to it, for `finish`
 * @property {string} credential  what pays, encrypted to the merchant: hand it to the shop's server
 * @property {string} network  the scheme by which it goes
 */

/**
 * @typedef {object} Terms  of a mandate that is proposed; amounts are in minor units of the request's currency
 * @property {number} amount  the most in each period
 * @property {number} [each]  the most for one payment; without it, as much as `amount`
 * @property {number} days  the length of a period, from 1 to 366
 * @property {Date} [until]  when it ends; without it, when its user takes it back
 */

/**
 * @typedef {object} Mandate  what its user gave, which may be less than what was proposed; amounts are in minor units
 * @property {string} currency  ISO 4217
 * @property {number} amount
 * @property {number} each
 * @property {number} days
 * @property {Date | null} until  null: until its user takes it back
 */

const DAY_S = 86_400;
const MS = 1000;

/**
 * Has the wallet pay. It asks its user, in a window of its own, unless a mandate covers it. With `quiet`, or
 * without a click or a key that led here, it asks nobody.
 *
 * @param {string} request  the payment request that the shop's server signed
 * @param {Asking} [asking]
 * @returns {Promise<Paying>}
 * @throws {WalletError}
 */
export async function pay(request, asking = {}) {
  const order = await nameOf(request);
  const answer = await ask("payment/1.pay", { order, request }, asking);
  return {
    payment: referenceIn(answer, "payment"),
    credential: textIn(answer, "credential"),
    network: textIn(answer, "network"),
  };
}

/**
 * Proposes a mandate: that this page may pay this merchant, by the card that the wallet names, without a question. The
 * wallet asks its user once; it pays nothing by that.
 *
 * @param {string} request  a payment request that the shop's server signed: the first to be paid so, or one that never is
 * @param {Terms} terms
 * @param {Asking} [asking]
 * @returns {Promise<Mandate>}
 * @throws {WalletError} `refused` or `not_now` where it was not given
 */
export async function mandate(request, { amount, each, days, until }, asking = {}) {
  const { currency } = orderIn(request).total.amount;
  const params = {
    request,
    amount,
    currency,
    period_s: days * DAY_S,
    ...(each !== undefined && { each }),
    ...(until && { until: Math.floor(until.getTime() / MS) }),
  };
  const given = await ask("payment/1.mandate", params, asking);
  return {
    currency: textIn(given, "currency"),
    amount: numberIn(given, "amount"),
    each: numberIn(given, "each"),
    days: numberIn(given, "period_s") / DAY_S,
    until: given.until == null ? null : new Date(numberIn(given, "until") * MS),
  };
}

/**
 * @param {Record<string, unknown>} answer
 * @param {string} member
 * @returns {number}
 */
function numberIn(answer, member) {
  const number = answer[member];
  if (typeof number === "number") return number;
  throw new WalletError("unavailable", `the wallet's answer has no ${member}`);
}

/**
 * Tells the wallet what the shop's server said of a payment; the receipt is kept with those of the wallet.
 *
 * @param {string} payment  as `pay` gave it
 * @param {"approved" | "declined" | "not_sent"} outcome  `not_sent`: the server takes nothing for this order any more
 * @param {Asking & {receipt?: string}} [asking]  `receipt`: as the merchant signed it
 * @returns {Promise<boolean>} whether a receipt was handed on
 * @throws {WalletError}
 */
export async function finish(payment, outcome, { receipt, ...asking } = {}) {
  const params = { payment, outcome, ...(receipt && { receipt }) };
  return (await ask("payment/1.complete", params, asking)).filed === true;
}
