/**
 * Has the wallet pay. It asks its user, in a window of its own, unless a mandate covers it. With `quiet`, or
 * without a click or a key that led here, it asks nobody.
 *
 * @param {string} request  the payment request that the shop's server signed
 * @param {Asking} [asking]
 * @returns {Promise<Paying>}
 * @throws {WalletError}
 */
export function pay(request: string, asking?: Asking): Promise<Paying>;
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
export function mandate(request: string, { amount, each, days, until }: Terms, asking?: Asking): Promise<Mandate>;
/**
 * Tells the wallet what the shop's server said of a payment; the receipt is kept with those of the wallet.
 *
 * @param {string} payment  as `pay` gave it
 * @param {"approved" | "declined" | "not_sent"} outcome  `not_sent`: the server takes nothing for this order any more
 * @param {Asking & {receipt?: string}} [asking]  `receipt`: as the merchant signed it
 * @returns {Promise<boolean>} whether a receipt was handed on
 * @throws {WalletError}
 */
export function finish(payment: string, outcome: "approved" | "declined" | "not_sent", { receipt, ...asking }?: Asking & {
    receipt?: string;
}): Promise<boolean>;
export type Paying = {
    /**
     * the wallet's reference to it, for `finish`
     */
    payment: string;
    /**
     * what pays, encrypted to the merchant: hand it to the shop's server
     */
    credential: string;
    /**
     * the scheme by which it goes
     */
    network: string;
};
/**
 * of a mandate that is proposed; amounts are in minor units of the request's currency
 */
export type Terms = {
    /**
     * the most in each period
     */
    amount: number;
    /**
     * the most for one payment; without it, as much as `amount`
     */
    each?: number;
    /**
     * the length of a period, from 1 to 366
     */
    days: number;
    /**
     * when it ends; without it, when its user takes it back
     */
    until?: Date;
};
/**
 * what its user gave, which may be less than what was proposed; amounts are in minor units
 */
export type Mandate = {
    /**
     * ISO 4217
     */
    currency: string;
    amount: number;
    each: number;
    days: number;
    /**
     * null: until its user takes it back
     */
    until: Date | null;
};
import type { Asking } from "./wallets.js";
