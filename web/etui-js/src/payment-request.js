/**
 * The same payment by the web's own `PaymentRequest`, beside the other methods that a shop takes by it.
 *
 * No browser is asked about the wallet's method where no wallet is here: it would look for its address on the net.
 */

import { WalletError } from "./errors.js";
import { payingIn } from "./payment-1.js";
import { orderIn } from "./signed.js";
import { isRecord, walletFor } from "./wallets.js";

/** @import { Paying } from "./payment-1.js" */

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
 * What pays, in the response to a `PaymentRequest`.
 *
 * @param {PaymentResponse} response
 * @returns {Paying | null} null where the user chose another method
 * @throws {WalletError} `unavailable`
 */
export function paid(response) {
  if (response.methodName !== METHOD) return null;
  return payingIn(isRecord(response.details) ? response.details : {});
}
