/** @import { Asking } from "./wallets.js" */
/**
 * Whether a wallet is here that could be asked now: unlocked, and paired with this browser. To draw a page by; what is
 * asked for may be refused all the same.
 *
 * @param {Asking} [asking]
 * @returns {Promise<boolean>}
 */
export function isReady(asking?: Asking): Promise<boolean>;
import type { Asking } from "./wallets.js";
