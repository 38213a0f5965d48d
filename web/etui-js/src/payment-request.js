/**
 * The same payment by the web's own `PaymentRequest`, beside the other methods that a shop takes by it.
 *
 * No browser is asked about the wallet's method where no wallet is here: it would look for its address on the net.
 */

import { WalletError } from "./errors.js";
import { orderIn } from "./signed.js";
import { isRecord, textIn, walletFor } from "./wallets.js";

/** The payment method identifier of cards in a wallet. */
export const METHOD = "https://etui.example/card";

/**
 * A `PaymentRequest` for what the shop signed; call its `show` while the click that led here counts.
 *
 * @param {string} request  the payment request that the shop's server signed
 * @param {PaymentMethodData[]} [others]  the other methods that the shop takes
 * @returns {Promise<PaymentRequest>} with the wallet's method, where a wallet is here
 * @throws {WalletError} `absent` where none is, and no other method was given
 */
export async function paymentRequest(request, others = []) {
  const { id, total, displayItems } = orderIn(request);
  const methods = [...others];
  try {
    await walletFor("payment/1.pay");
    methods.unshift({ supportedMethods: METHOD, data: { request } });
  } catch (error) {
    if (!(error instanceof WalletError) || !methods.length) throw error;
  }
  return new PaymentRequest(methods, { id, total, displayItems });
}

/**
 * What pays, in the response to a `PaymentRequest`: hand it to the shop's server.
 *
 * @param {PaymentResponse} response
 * @returns {string | null} the credential; null where the user chose another method
 * @throws {WalletError} `unavailable`
 */
export function paid(response) {
  if (response.methodName !== METHOD) return null;
  return textIn(isRecord(response.details) ? response.details : {}, "credential");
}

/**
 * Tells browser and wallet what the shop's server said; the receipt is kept with those of the wallet.
 *
 * @param {PaymentResponse} response
 * @param {"approved" | "declined"} outcome
 * @param {string} [receipt]  as the merchant signed it
 * @returns {Promise<void>}
 */
export async function complete(response, outcome, receipt) {
  /** @type {(result: PaymentComplete, details?: {data: object}) => Promise<void>} */
  const told = response.complete.bind(response);
  await told(outcome === "approved" ? "success" : "fail", receipt ? { data: { receipt } } : undefined);
}
