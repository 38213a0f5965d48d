import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterEach, test } from "node:test";
import { ANSWER, nobody, refusal, request, wallet } from "./world.js";
import { fillLogin, finish, isReady, mandate, mandates, pay, receive, renew, subscribe } from "../src/index.js";

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

const GIVEN = { amount: 500, currency: "EUR", each: 250, period_s: 30 * 86_400 };

test("a mandate is proposed for the merchant that signed, and told as it was given", async () => {
  const asked = [];
  wallet((call) => (asked.push(call), asked.length === 1 ? GIVEN : { ...GIVEN, until: 1_800_000_000 }));
  const token = request("1", "EUR");
  assert.deepEqual(await mandate(token, { amount: 1000, days: 30 }), {
    currency: "EUR",
    amount: 500,
    each: 250,
    days: 30,
    until: null,
  });
  const until = new Date(1_800_000_000_999);
  assert.deepEqual((await mandate(token, { amount: 9, each: 3, days: 1, until })).until, new Date(1_800_000_000_000));
  assert.deepEqual(asked, [
    { method: "payment/1.mandate", params: { request: token, amount: 1000, currency: "EUR", period_s: 30 * 86_400 } },
    {
      method: "payment/1.mandate",
      params: { request: token, amount: 9, currency: "EUR", period_s: 86_400, each: 3, until: 1_800_000_000 },
    },
  ]);
  for (const wrong of [{}, { ...GIVEN, each: "250" }, { ...GIVEN, until: "soon" }])
    await assert.rejects(mandate(token, { amount: 9, days: 1 }, { wallet: wallet(() => wrong) }), { code: "unavailable" });
});

test("the mandates of this page that stand are told", async () => {
  const asked = [];
  const row = { action: "payment/1.pay", only_for: "a.example", limit_minor: 500, each_minor: 250, left_minor: 100 };
  const rows = [{ ...row, currency: "EUR", period_s: 86_400, since: 1, until: 2 }, { ...row, currency: "EUR", since: 1 }];
  wallet(({ method, params }) => (asked.push([method, params]), { allowances: rows }));
  const told = { payee: "a.example", currency: "EUR", amount: 500, each: 250, left: 100, since: new Date(1000) };
  assert.deepEqual(await mandates(), [
    { ...told, days: 1, until: new Date(2000) },
    { ...told, days: 0, until: null },
  ]);
  await mandates({ payee: "a.example" });
  assert.deepEqual(asked, [
    ["wallet/1.allowances", { action: "payment/1.pay" }],
    ["wallet/1.allowances", { action: "payment/1.pay", only_for: "a.example" }],
  ]);
  await assert.rejects(mandates({ wallet: wallet(() => ({})) }), { code: "unavailable" });
});

test("a subscription begins with its mandate, and is renewed quietly", async () => {
  const asked = [];
  wallet((call) => (asked.push(call), call.method === "payment/1.mandate" ? GIVEN : ANSWER));
  const { payment, mandate: given } = await subscribe(request("2.50"), { amount: 500, days: 30 });
  assert.deepEqual([payment, given.amount], ["r-1", 500]);
  assert.equal((await renew(request("2.50"))).payment, "r-1");
  assert.deepEqual(
    asked.map(({ method, quiet }) => [method, quiet]),
    [
      ["payment/1.mandate", undefined],
      ["payment/1.pay", undefined],
      ["payment/1.pay", true],
    ],
  );
});

test("what is not given is not paid", async () => {
  const asked = [];
  wallet(({ method }) => (asked.push(method), Promise.reject(refusal("refused"))));
  await assert.rejects(subscribe(request(), { amount: 500, days: 30 }), { code: "refused" });
  assert.deepEqual(asked, ["payment/1.mandate"]);
});

test("a wallet is ready where it says so, and nobody where there is none", async () => {
  assert.equal(await isReady(), false);
  for (const [answer, ready] of [[{ ready: true }, true], [{ ready: false }, false], [{}, false], [null, false]])
    assert.equal(await isReady({ wallet: wallet(() => answer) }), ready);
  assert.equal(await isReady({ wallet: wallet(() => Promise.reject(refusal("absent"))) }), false);
  await assert.rejects(isReady({ wallet: wallet(), signal: AbortSignal.abort() }), { name: "AbortError" });
});

test("a login is filled in where the page points, and the page is told no more than that", async () => {
  const done = [];
  const field = { focus: () => done.push("focus") };
  wallet((call) => (done.push(call), {}));
  assert.equal(await fillLogin(field), undefined);
  assert.deepEqual(done, ["focus", { method: "browser/1.fill", params: {} }]);
});

test("a login that is not filled in has its code, and without a wallet nothing happens to the page", async () => {
  const done = [];
  const field = { focus: () => done.push("focus") };
  for (const code of ["not_now", "denied", "locked", "absent", "invalid_params"]) {
    const one = wallet(() => Promise.reject(refusal(code)));
    await assert.rejects(fillLogin(field, { wallet: one }), { name: "WalletError", code });
  }
  nobody();
  done.length = 0;
  wallet(() => assert.fail("it was asked"), { methods: ["payment/1.pay"] });
  await assert.rejects(fillLogin(field), { name: "WalletError", code: "absent" });
  assert.deepEqual(done, []);
});
