import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterEach, test } from "node:test";
import { ANSWER, nobody, refusal, request, wallet } from "./world.js";
import { finish, isReady, pay, receive, renew, subscribe } from "../src/index.js";

afterEach(nobody);

test("what pays comes from the wallet, which is told which request exactly is meant", async () => {
  const asked = [];
  wallet((call) => (asked.push(call), ANSWER));
  const token = request();
  assert.deepEqual(await pay(token), { payment: "r-1", credential: "e.y", network: "etui-demo" });
  const digest = createHash("sha256").update(token).digest("hex");
  const params = { order: `o-1#${digest.slice(0, 16)}`, request: token };
  assert.deepEqual(asked, [{ method: "payment/1.pay", params }]);
});

test("the wallet that the page chose is asked, and no other", async () => {
  wallet(() => assert.fail("it was not chosen"));
  const chosen = wallet(() => ANSWER);
  assert.equal((await pay(request(), { wallet: chosen })).payment, "r-1");
});

test("what a wallet refuses has its code", async () => {
  for (const code of ["denied", "locked", "unavailable", "absent", "conflict"]) {
    const one = wallet(() => Promise.reject(refusal(code)));
    await assert.rejects(pay(request(), { wallet: one }), { name: "WalletError", code, message: `it is ${code}` });
  }
  for (const said of [new Error("without a code"), "no error at all"]) {
    const one = wallet(() => Promise.reject(said));
    await assert.rejects(pay(request(), { wallet: one }), { code: "unavailable" });
  }
});

test("an answer that is none of a wallet's is told as such", async () => {
  for (const answer of [null, "x", [], {}, { ...ANSWER, credential: 7 }, { ...ANSWER, payment: "r-1" }]) {
    const one = wallet(() => answer);
    await assert.rejects(pay(request(), { wallet: one }), { code: "unavailable" });
  }
});

test("a call is given up by its signal", async () => {
  const giving = new AbortController();
  const one = wallet(({ signal }) => {
    const given = new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("gone"))));
    giving.abort();
    return given;
  });
  await assert.rejects(pay(request(), { wallet: one, signal: giving.signal }), { name: "AbortError" });
  await assert.rejects(pay(request(), { wallet: one, signal: AbortSignal.abort() }), { name: "AbortError" });
});

test("a text that is no payment request reaches no wallet", async () => {
  wallet(() => assert.fail("it was asked"));
  const part = (content) => Buffer.from(content).toString("base64url");
  const others = ["[]", "{}", '{"details":{"id":"o"}}', '{"details":{"id":1,"total":{}}}', "\xff", '{"details":'];
  for (const token of ["", "a", "a.!.b", undefined, ...others.map((one) => `a.${part(one)}.b`)])
    await assert.rejects(pay(token), { code: "malformed" });
});

test("the end of a payment is told, with its receipt where there is one", async () => {
  const asked = [];
  wallet(({ method, params }) => (asked.push([method, params]), { filed: "receipt" in params }));
  assert.equal(await finish("r-1", "approved", { receipt: "j.w.s" }), true);
  assert.equal(await finish("r-1", "declined"), false);
  assert.deepEqual(asked, [
    ["payment/1.complete", { payment: "r-1", outcome: "approved", receipt: "j.w.s" }],
    ["payment/1.complete", { payment: "r-1", outcome: "declined" }],
  ]);
});

test("a receipt is handed over", async () => {
  const asked = [];
  wallet((call) => (asked.push(call), { receipt: { item: "r-2" } }));
  assert.equal(await receive("j.w.s"), "r-2");
  assert.deepEqual(asked, [{ method: "receipt/1.file", params: { receipt: "j.w.s" } }]);
});

test("a subscription is renewed within its terms, and never beyond", async () => {
  let count = 0;
  wallet(() => (count++, ANSWER));
  const { payment, terms } = await subscribe(request("9.90"));
  assert.deepEqual([payment, terms], ["r-1", { currency: "EUR", value: "9.90" }]);
  const kept = JSON.parse(JSON.stringify(terms));
  for (const value of ["9.90", "9.9", "9", "0.50"]) assert.equal((await renew(request(value), kept)).payment, "r-1");
  assert.equal(count, 5);
  for (const [value, currency] of [["9.91", "EUR"], ["10", "EUR"], ["10.00", "EUR"], ["9.90", "JPY"]])
    await assert.rejects(renew(request(value, currency), kept), { code: "beyond" });
  await assert.rejects(renew(request("1e9"), kept), { code: "malformed" });
  assert.equal(count, 5);
});

test("a wallet is ready where it says so, and nobody where there is none", async () => {
  assert.equal(await isReady(), false);
  for (const [answer, ready] of [[{ ready: true }, true], [{ ready: false }, false], [{}, false], [null, false]])
    assert.equal(await isReady({ wallet: wallet(() => answer) }), ready);
  assert.equal(await isReady({ wallet: wallet(() => Promise.reject(refusal("absent"))) }), false);
  await assert.rejects(isReady({ wallet: wallet(), signal: AbortSignal.abort() }), { name: "AbortError" });
});
