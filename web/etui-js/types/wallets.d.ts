/**
 * The wallets that are here, each once, in the order in which they answered.
 *
 * @returns {Promise<Wallet[]>} after a tenth of a second
 */
export function wallets(): Promise<Wallet[]>;
/**
 * The first wallet that lets pages ask for a method: at once where one answers, else within a tenth of a second.
 *
 * @param {string} method  as `payment/1.pay`
 * @returns {Promise<Wallet>}
 * @throws {WalletError} `absent`
 */
export function walletFor(method: string): Promise<Wallet>;
/**
 * What a wallet answers.
 *
 * @param {string} method
 * @param {object} params  without members that are undefined
 * @param {Asking} asking
 * @returns {Promise<Record<string, unknown>>}
 * @throws {WalletError} with the wallet's code
 */
export function ask(method: string, params: object, { wallet, signal, quiet }: Asking): Promise<Record<string, unknown>>;
/**
 * The text in a member of an answer.
 *
 * @param {Record<string, unknown>} answer
 * @param {string} member
 * @returns {string}
 * @throws {WalletError} `unavailable`, where there is none
 */
export function textIn(answer: Record<string, unknown>, member: string): string;
/**
 * The reference in a member of an answer, which is an item.
 *
 * @param {Record<string, unknown>} answer
 * @param {string} member
 * @returns {string}
 * @throws {WalletError} `unavailable`, where there is none
 */
export function referenceIn(answer: Record<string, unknown>, member: string): string;
/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isRecord(value: unknown): value is Record<string, unknown>;
export type Call = {
    /**
     * as `payment/1.pay`
     */
    method: string;
    /**
     * as the interface has them
     */
    params: object;
    /**
     * gives the call up
     */
    signal?: AbortSignal;
    /**
     * nobody is asked for it
     */
    quiet?: true;
};
export type Wallet = {
    /**
     * another one each time that a page is loaded
     */
    id: string;
    /**
     * for people
     */
    name: string;
    /**
     * of this protocol
     */
    version: 1;
    /**
     * what it lets pages ask for
     */
    methods: readonly string[];
    /**
     * rejects with an `Error` that has a `code`
     */
    request: (call: Call) => Promise<object>;
};
export type Asking = {
    /**
     * the one to ask; the first that can, where none is given
     */
    wallet?: Wallet;
    /**
     * gives it up, with an `AbortError`
     */
    signal?: AbortSignal;
    /**
     * without a question to the user or not at all: `denied`, or `spent` beyond a mandate
     */
    quiet?: boolean;
};
