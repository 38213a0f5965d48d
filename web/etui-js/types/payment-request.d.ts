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
 * What pays, in the response to a `PaymentRequest`: hand it to the shop's server.
 *
 * @param {PaymentResponse} response
 * @returns {string | null} the credential; null where the user chose another method
 * @throws {WalletError} `unavailable`
 */
export function paid(response: PaymentResponse): string | null;
/**
 * Tells browser and wallet what the shop's server said; the receipt is kept with those of the wallet.
 *
 * @param {PaymentResponse} response
 * @param {"approved" | "declined"} outcome
 * @param {string} [receipt]  as the merchant signed it
 * @returns {Promise<void>}
 */
export function complete(response: PaymentResponse, outcome: "approved" | "declined", receipt?: string): Promise<void>;
/** The payment method identifier of cards in a wallet. */
export const METHOD: "https://etui.example/card";
