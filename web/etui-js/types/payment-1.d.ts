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
export function pay(request: string, asking?: Asking): Promise<Paying>;
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
import type { Asking } from "./wallets.js";
