/**
 * Why a wallet did not do it. `code` is for programs: the Router's, as `denied`, `spent` or `conflict`, or
 *
 * - `absent`: no wallet is here that could
 * - `locked`: the wallet is, and its user has to open it
 * - `unavailable`: it is here, and does not answer as a wallet does
 * - `malformed`: the shop's own text is none; no wallet was asked
 */
export class WalletError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = "WalletError";
    /** @readonly */
    this.code = code;
  }
}
