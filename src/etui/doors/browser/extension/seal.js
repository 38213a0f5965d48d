// Sealed values between two ends, as section 16 of the Router's protocol has them, with WebCrypto.

const INFO = new TextEncoder().encode("etui/sealed-value/1 ");
const HEAD = 45; // version, sender's key, nonce
const TAG = 16;

/** @param {Uint8Array} bytes */
export const toBase64 = (bytes) => bytes.toBase64?.() ?? btoa(String.fromCharCode(...bytes));
/** @param {string} text */
export const fromBase64 = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

/** One end: an X25519 key pair whose secret part never leaves the browser's crypto. */
export class End {
  #pair;

  /** @param {CryptoKeyPair} pair @param {Uint8Array} key */
  constructor(pair, key) {
    this.#pair = pair;
    /** The public key, 32 bytes. */
    this.key = key;
  }

  static async make() {
    const pair = await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
    return new End(pair, new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
  }

  /**
   * The bytes that were sealed to this end for a field; rejects for anything else.
   * @param {string} text @param {string} field
   */
  async open(text, field) {
    const sealed = fromBase64(text);
    if (sealed.length < HEAD + TAG || sealed[0] !== 1) throw new Error(`${field} is no sealed value of version 1`);
    const sender = sealed.subarray(1, 33);
    const key = await this.#direction(sender, sender, "decrypt");
    const algorithm = { name: "AES-GCM", iv: sealed.subarray(33, HEAD), additionalData: named(field) };
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, sealed.subarray(HEAD)));
  }

  /**
   * Bytes sealed to the end whose public key is `to`, for a field.
   * @param {Uint8Array} plain @param {Uint8Array} to @param {string} field
   */
  async seal(plain, to, field) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const key = await this.#direction(to, this.key, "encrypt");
    const algorithm = { name: "AES-GCM", iv, additionalData: named(field) };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plain));
    return toBase64(new Uint8Array([1, ...this.key, ...iv, ...sealed]));
  }

  /** The AES key of what `sender` sends, one of the two ends. */
  async #direction(other, sender, usage) {
    const theirs = await crypto.subtle.importKey("raw", other, { name: "X25519" }, false, []);
    const shared = await crypto.subtle.deriveBits({ name: "X25519", public: theirs }, this.#pair.privateKey, 256);
    const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
    const salt = new Uint8Array([this.key, other].sort(byBytes).flatMap((key) => [...key]));
    const info = new Uint8Array([...INFO, ...sender]);
    const algorithm = { name: "HKDF", hash: "SHA-256", salt, info };
    return crypto.subtle.deriveKey(algorithm, secret, { name: "AES-GCM", length: 256 }, false, [usage]);
  }
}

/** @param {string} field */
function named(field) {
  return new TextEncoder().encode(field);
}

/** @param {Uint8Array} one @param {Uint8Array} two */
function byBytes(one, two) {
  const at = one.findIndex((byte, index) => byte !== two[index]);
  return at < 0 ? 0 : one[at] - two[at];
}
