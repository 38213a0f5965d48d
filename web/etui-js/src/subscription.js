/**
 * What is paid again. It begins with a mandate, which its user gives, and the first payment within it; later ones are
 * made without a question, or not at all.
 */

import { mandate, pay } from "./payment-1.js";

/** @import { WalletError } from "./errors.js" */
/** @import { Mandate, Paying, Terms } from "./payment-1.js" */
/** @import { Asking } from "./wallets.js" */

/**
 * Proposes a mandate, and pays for the first time. Where the user gives less than this payment comes to, it is asked
 * about like any other.
 *
 * @param {string} request  the payment request that the shop's server signed
 * @param {Terms} terms  what is proposed
 * @param {Asking} [asking]
 * @returns {Promise<Paying & {mandate: Mandate}>}
 * @throws {WalletError} `refused` or `not_now` where no mandate was given: then nothing was paid
 */
export async function subscribe(request, terms, asking = {}) {
  const given = await mandate(request, terms, asking);
  return { ...(await pay(request, asking)), mandate: given };
}

/**
 * Pays again, without a question or not at all.
 *
 * @param {string} request  a new payment request of the shop's
 * @param {Asking} [asking]
 * @returns {Promise<Paying>}
 * @throws {WalletError} `spent` where it is more than is left, `denied` where no mandate is for it any more
 */
export function renew(request, asking = {}) {
  return pay(request, { ...asking, quiet: true });
}
