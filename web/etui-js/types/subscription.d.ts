/**
 * Pays for the first time.
 *
 * @param {string} request  the payment request that the shop's server signed
 * @param {Asking} [asking]
 * @returns {Promise<Paying & {terms: Terms}>}
 * @throws {WalletError}
 */
export function subscribe(request: string, asking?: Asking): Promise<Paying & {
    terms: Terms;
}>;
/**
 * Pays again; not for more than was subscribed to, nor in another currency.
 *
 * @param {string} request  a new payment request of the shop's
 * @param {Terms} terms  as `subscribe` gave them
 * @param {Asking} [asking]
 * @returns {Promise<Paying>}
 * @throws {WalletError} `beyond`, before a wallet is asked
 */
export function renew(request: string, terms: Terms, asking?: Asking): Promise<Paying>;
/**
 * what was subscribed to, to be kept by the shop as JSON
 */
export type Terms = {
    /**
     * ISO 4217
     */
    currency: string;
    /**
     * the most that is paid each time, as `"9.90"`
     */
    value: string;
};
import type { Asking } from "./wallets.js";
import type { Paying } from "./payment-1.js";
