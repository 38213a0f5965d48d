/**
 * `wallet/1`: what this page may spend unasked. Nobody is asked for it, and no page is told of another's.
 */

import { WalletError } from "./errors.js";
import { ask, isRecord } from "./wallets.js";

/** @import { Asking } from "./wallets.js" */

const DAY_S = 86_400;
const MS = 1000;

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
export async function mandates({ payee, ...asking } = {}) {
  const params = { action: "payment/1.pay", ...(payee && { only_for: payee }) };
  const { allowances } = await ask("wallet/1.allowances", params, asking);
  if (!Array.isArray(allowances)) throw new WalletError("unavailable", "the wallet's answer has no allowances");
  return allowances.filter(isRecord).map((one) => ({
    payee: String(one.only_for ?? ""),
    currency: String(one.currency),
    amount: Number(one.limit_minor),
    each: Number(one.each_minor),
    left: Number(one.left_minor),
    days: Number(one.period_s ?? 0) / DAY_S,
    since: new Date(Number(one.since) * MS),
    until: typeof one.until === "number" ? new Date(one.until * MS) : null,
  }));
}
