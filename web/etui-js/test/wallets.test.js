import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { nobody, wallet } from "./world.js";
import { walletFor, wallets } from "../src/index.js";

/** For how long answers are waited for, in milliseconds. */
const WAIT = 100;

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => {
  mock.timers.reset();
  nobody();
});

/** What a promise comes to when so much time has passed. */
function after(ms, promise) {
  mock.timers.tick(ms);
  return promise;
}

test("without a wallet it is absent, as soon as the wait is over", async () => {
  await assert.rejects(after(WAIT, walletFor("payment/1.pay")), { name: "WalletError", code: "absent" });
  assert.deepEqual(await after(WAIT, wallets()), []);
});

test("a wallet that answers at once is not waited for", async () => {
  const one = wallet();
  assert.equal(await walletFor("payment/1.pay"), one);
});

test("several wallets coexist, and each is told once", async () => {
  const first = wallet();
  const second = wallet(undefined, { late: 20 });
  wallet(undefined, { id: first.id, name: "Again" });
  assert.deepEqual(await after(WAIT, wallets()), [first, second]);
});

test("the one is taken that lets pages ask for the method", async () => {
  wallet(undefined, { methods: ["ticket/1.show"] });
  const able = wallet(undefined, { late: 20 });
  assert.equal(await after(20, walletFor("payment/1.pay")), able);
});

test("one that comes when nobody waits any more is left alone", async () => {
  wallet(undefined, { late: WAIT + 1 });
  assert.deepEqual(await after(WAIT + 1, wallets()), []);
});

test("whoever announces something else is no wallet", async () => {
  for (const detail of [{ version: 2 }, { id: 7 }, { methods: "payment/1.pay" }, { methods: [1] }, { request: null }])
    wallet(undefined, detail);
  const found = wallets();
  window.dispatchEvent(new Event("etui:announce"));
  assert.deepEqual(await after(WAIT, found), []);
});
