/**
 * A `PaymentRequest` for what the shop signed; call its `show` while the click that led here counts.
 *
 * @param {string} request  the payment request that the shop's server signed
 * @param {PaymentMethodData[]} [others]  the other methods that the shop takes
 * @returns {Promise<PaymentRequest>} with the wallet's method, where a wallet is here
 * @throws {WalletError} `absent` where none is, and no other method was given
 */
export function paymentRequest(request: string, others?: PaymentMethodData[]): Promise<PaymentRequest>;
/**
 * What pays, in the response to a `PaymentRequest`.
 *
 * @param {PaymentResponse} response
 * @returns {Paying | null} null where the user chose another method
 * @throws {WalletError} `unavailable`
 */
export function paid(response: PaymentResponse): Paying | null;
/** @import { Paying } from "./payment-1.js" */
/** The payment method identifier of cards in a wallet. */
export const METHOD: "https://etui.example/card";
import type { Paying } from "./payment-1.js";
