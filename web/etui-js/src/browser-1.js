/**
 * `browser/1`: what the wallet's extension in the browser does. It says whether the wallet could be asked, without asking
 * anybody, and has a login filled in.
 */

import { WalletError } from "./errors.js";
import { ask, walletFor } from "./wallets.js";

/** @import { Asking } from "./wallets.js" */

/** The method by which a login is filled in. A wallet that has it among its `methods` can. */
export const FILL = "browser/1.fill";

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

/**
 * Has the wallet fill in the login that its user keeps for this page's host: the field, and the ones for name and password
 * beside it; or a one-time code. Its user is asked each time, in a window of the wallet's, by a click or the press of a key
 * that led here. The field gets the focus. The page is not told what was filled in, but finds it in its fields.
 *
 * @param {HTMLInputElement} field  for the user's name, the password or the one-time code
 * @param {Asking} [asking]  never `quiet`: without a question nothing is filled in
 * @returns {Promise<void>} once it is filled in
 * @throws {WalletError} `not_now` where it is not, for whatever reason, of which no page is told; `denied` without a
 *   click, and in a frame of another origin's page; `invalid_params` where the field is none of those, or is not seen
 */
export async function fillLogin(field, asking = {}) {
  const wallet = asking.wallet ?? (await walletFor(FILL));
  field.focus();
  await ask(FILL, {}, { ...asking, wallet });
}
