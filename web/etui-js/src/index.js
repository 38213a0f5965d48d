/**
 * What a page does with a wallet of its visitor's. A file for each interface, and one for each way to use it.
 */

export { FILL, fillLogin, isReady } from "./browser-1.js";
export { WalletError } from "./errors.js";
export { finish, mandate, pay } from "./payment-1.js";
export { METHOD, complete, paid, paymentRequest } from "./payment-request.js";
export { receive } from "./receipt-1.js";
export { renew, subscribe } from "./subscription.js";
export { mandates } from "./wallet-1.js";
export { walletFor, wallets } from "./wallets.js";

/** @typedef {import("./payment-1.js").Mandate} Mandate */
/** @typedef {import("./payment-1.js").Paying} Paying */
/** @typedef {import("./payment-1.js").Terms} Terms */
/** @typedef {import("./wallet-1.js").Standing} Standing */
/** @typedef {import("./wallets.js").Asking} Asking */
/** @typedef {import("./wallets.js").Call} Call */
/** @typedef {import("./wallets.js").Wallet} Wallet */
