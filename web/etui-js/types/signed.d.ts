/**
 * @typedef {object} Order  what is to be paid, in the words of the W3C Payment Request API
 * @property {string} id  the merchant's own
 * @property {PaymentItem} total
 * @property {PaymentItem[]} displayItems
 */
/**
 * What a payment request asks for.
 *
 * @param {string} request  a JSON Web Signature of type `payment-request+jws`
 * @returns {Order}
 * @throws {WalletError} `malformed`
 */
export function orderIn(request: string): Order;
/**
 * How `payment/1` names it: the merchant's id, and which request exactly is meant.
 *
 * @param {string} request
 * @returns {Promise<string>}
 * @throws {WalletError} `malformed`
 */
export function nameOf(request: string): Promise<string>;
/**
 * what is to be paid, in the words of the W3C Payment Request API
 */
export type Order = {
    /**
     * the merchant's own
     */
    id: string;
    total: PaymentItem;
    displayItems: PaymentItem[];
};
