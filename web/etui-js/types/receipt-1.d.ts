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
export function receive(receipt: string, asking?: Asking): Promise<string>;
import type { Asking } from "./wallets.js";
