/**
 * `payment/1`: pays what the shop signed, and tells the wallet what became of it.
 */

import { nameOf } from "./signed.js";
import { ask, referenceIn, textIn } from "./wallets.js";

/** @import { Asking } from "./wallets.js" */

/**
 * @typedef {object} Paying
 * @property {string} payment  the wallet's reference to it, for `finish`
 * @property {string} credential  what pays, encrypted to the merchant: hand it to the shop's server
 * @property {string} network  the scheme by which it goes
 */

/**
 * Has the wallet pay. It asks its user, in a window of its own; without a click or a key that led here, nobody.
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

/** @import { WalletError } from "./errors.js" */
