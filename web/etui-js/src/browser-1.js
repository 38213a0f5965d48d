/**
 * `browser/1`: what the wallet's extension says by itself, without asking anybody.
 */

import { WalletError } from "./errors.js";
import { ask } from "./wallets.js";

/** @import { Asking } from "./wallets.js" */

/**
 * Whether a wallet is here that could be asked now: unlocked, and paired with this browser. To draw a page by; what is
 * asked for may be refused all the same.
 *
 * @param {Asking} [asking]
 * @returns {Promise<boolean>}
 */
export async function isReady(asking = {}) {
  try {
    return (await ask("browser/1.ready", {}, asking)).ready === true;
  } catch (error) {
    if (error instanceof WalletError) return false;
    throw error;
  }
}
