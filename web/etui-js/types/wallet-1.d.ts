/**
 * @typedef {object} Standing  a mandate as it stands now; amounts are in minor units
 * @property {string} payee  the merchant's host, as its certificate names it
 * @property {string} currency  ISO 4217
 * @property {number} amount  the most in each period
 * @property {number} each  the most for one payment
 * @property {number} left  what is left of `amount` now
 * @property {number} days  the length of a period; 0 where there is but one
 * @property {Date} since
 * @property {Date | null} until  null: until its user takes it back
 */
/**
 * The mandates of this page that stand, the newest first: one that was taken back is not among them.
 *
 * @param {Asking & {payee?: string}} [asking]  `payee`: those for this merchant alone
 * @returns {Promise<Standing[]>}
 * @throws {WalletError}
 */
export function mandates({ payee, ...asking }?: Asking & {
    payee?: string;
}): Promise<Standing[]>;
/**
 * a mandate as it stands now; amounts are in minor units
 */
export type Standing = {
    /**
     * the merchant's host, as its certificate names it
     */
    payee: string;
    /**
     * ISO 4217
     */
    currency: string;
    /**
     * the most in each period
     */
    amount: number;
    /**
     * the most for one payment
     */
    each: number;
    /**
     * what is left of `amount` now
     */
    left: number;
    /**
     * the length of a period; 0 where there is but one
     */
    days: number;
    since: Date;
    /**
     * null: until its user takes it back
     */
    until: Date | null;
};
import type { Asking } from "./wallets.js";
