// The key by which this browser profile is paired: of P-256, not to be extracted, kept in IndexedDB.

import { toBase64 } from "./seal.js";

const SIGNING = { name: "ECDSA", namedCurve: "P-256" };
const TEXT = new TextEncoder();
const STORE = "pairing";
const ONLY = "only";

/** @typedef {{pairing: string, keys: CryptoKeyPair, since: number}} Pairing `since`: milliseconds since 1970. */

/** @returns {Promise<Pairing | undefined>} */
export function kept() {
  return inStore("readonly", (store) => store.get(ONLY));
}

/** @param {Pairing} pairing */
export function keep(pairing) {
  return inStore("readwrite", (store) => store.put(pairing, ONLY));
}

/** A new key, its public part, and the code by which a person compares what two screens show. */
export async function makeKey() {
  const keys = await crypto.subtle.generateKey(SIGNING, false, ["sign"]);
  const key = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
  return { keys, key, code: await codeOf(key) };
}

/**
 * Six digits out of the first 20 bits of SHA-256 over `etui/pairing-code/1`, a zero byte and the key.
 * @param {Uint8Array} key
 */
async function codeOf(key) {
  const named = new Uint8Array([...TEXT.encode("etui/pairing-code/1\0"), ...key]);
  const digest = await crypto.subtle.digest("SHA-256", named);
  const bits = new DataView(digest).getUint32(0) >>> 12;
  return String(bits % 1_000_000).padStart(6, "0");
}

/**
 * The signature over a challenge for this pairing, in base64.
 * @param {Pairing} pairing @param {Uint8Array} challenge
 */
export async function prove({ pairing, keys }, challenge) {
  const signed = new Uint8Array([...TEXT.encode("etui/pairing/1\0"), ...challenge, ...TEXT.encode(pairing)]);
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  return toBase64(new Uint8Array(await crypto.subtle.sign(algorithm, keys.privateKey, signed)));
}

/** The result of one request to the store. */
function inStore(mode, work) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("etui", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(STORE, mode);
      const asked = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => {
        database.close();
        resolve(asked.result);
      };
      transaction.onabort = () => reject(transaction.error);
    };
  });
}
