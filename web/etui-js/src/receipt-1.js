/**
 * `receipt/1`: gives the wallet a receipt of what was paid otherwise, at the counter or by another card.
 */

import { ask, referenceIn } from "./wallets.js";

/** @import { WalletError } from "./errors.js" */
/** @import { Asking } from "./wallets.js" */

/**
 * Has the wallet keep a receipt, once: the same text is the same receipt. `finish` does it for what the wallet paid.
 * In a click or the press of a key, unless the wallet has paid through this page.
 *
 * @param {string} receipt  a JSON Web Signature of type `payment-receipt+jws`
 * @param {Asking} [asking]
 * @returns {Promise<string>} the wallet's reference to it
 * @throws {WalletError}
 */
export async function receive(receipt, asking = {}) {
  return referenceIn(await ask("receipt/1.file", { receipt }, asking), "receipt");
}
