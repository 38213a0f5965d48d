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
export function subscribe(request: string, terms: Terms, asking?: Asking): Promise<Paying & {
    mandate: Mandate;
}>;
/**
 * Pays again, without a question or not at all.
 *
 * @param {string} request  a new payment request of the shop's
 * @param {Asking} [asking]
 * @returns {Promise<Paying>}
 * @throws {WalletError} `spent` where it is more than is left, `denied` where no mandate is for it any more
 */
export function renew(request: string, asking?: Asking): Promise<Paying>;
import type { Terms } from "./payment-1.js";
import type { Asking } from "./wallets.js";
import type { Paying } from "./payment-1.js";
import type { Mandate } from "./payment-1.js";
