// Sealed values between two ends, byte by byte as docs/protocol.md has them, with node:crypto alone.
import * as crypto from "node:crypto";

const rawOf = (key) => Buffer.from(key.export({ format: "jwk" }).x, "base64url");
const keyOf = (raw) =>
  crypto.createPublicKey({ key: { kty: "OKP", crv: "X25519", x: raw.toString("base64url") }, format: "jwk" });

// This end: a key pair that lives as long as the process, and so no longer than its one connection.
const pair = crypto.generateKeyPairSync("x25519");
const ours = rawOf(pair.publicKey);

/** The public key in base64, for `wallet/1.hello`. */
export const key = ours.toString("base64");

/** Bytes, sealed to the end whose public key (base64) is `to`, for a field such as `secret/1.create.value`. */
export function seal(plain, to, field) {
  const nonce = crypto.randomBytes(12);
  const cipher = crypto.createCipheriv("aes-256-gcm", direction(Buffer.from(to, "base64"), ours), nonce);
  cipher.setAAD(Buffer.from(field));
  const sealed = [Buffer.of(1), ours, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(sealed).toString("base64");
}

/** The bytes that were sealed to this end for the field; throws for anything else. */
export function open(text, field) {
  const sealed = Buffer.from(text, "base64");
  if (sealed.length < 61 || sealed[0] !== 1) throw new Error(`${field} is no sealed value of version 1`);
  const sender = sealed.subarray(1, 33);
  const decipher = crypto.createDecipheriv("aes-256-gcm", direction(sender, sender), sealed.subarray(33, 45));
  decipher.setAAD(Buffer.from(field)).setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(45, -16)), decipher.final()]);
}

/** The AES key of what `sender` sends, one of the two ends. */
function direction(other, sender) {
  const shared = crypto.diffieHellman({ privateKey: pair.privateKey, publicKey: keyOf(other) });
  const salt = Buffer.concat([ours, other].sort(Buffer.compare));
  const info = Buffer.concat([Buffer.from("etui/sealed-value/1 "), sender]);
  return Buffer.from(crypto.hkdfSync("sha256", shared, salt, info, 32));
}
