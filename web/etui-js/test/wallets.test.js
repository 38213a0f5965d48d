import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { nobody, wallet } from "./world.js";
import { walletFor, wallets } from "../src/index.js";

afterEach(nobody);

test("without a wallet it is absent, within a fifth of a second", async () => {
  const began = performance.now();
  await assert.rejects(walletFor("payment/1.pay"), { name: "WalletError", code: "absent" });
  assert.ok(performance.now() - began < 200);
  assert.deepEqual(await wallets(), []);
});

test("a wallet that answers at once is not waited for", async () => {
  const one = wallet();
  const began = performance.now();
  assert.equal(await walletFor("payment/1.pay"), one);
  assert.ok(performance.now() - began < 50);
});

test("several wallets coexist, and each is told once", async () => {
  const first = wallet();
  const second = wallet(undefined, { late: 20 });
  wallet(undefined, { id: first.id, name: "Again" });
  assert.deepEqual(await wallets(), [first, second]);
});

test("the one is taken that lets pages ask for the method", async () => {
  wallet(undefined, { methods: ["ticket/1.show"] });
  const able = wallet(undefined, { late: 20 });
  assert.equal(await walletFor("payment/1.pay"), able);
});

test("one that comes when nobody waits any more is left alone", async () => {
  wallet(undefined, { late: 150 });
  assert.deepEqual(await wallets(), []);
});

test("whoever announces something else is no wallet", async () => {
  for (const detail of [{ version: 2 }, { id: 7 }, { methods: "payment/1.pay" }, { methods: [1] }, { request: null }])
    wallet(undefined, detail);
  window.dispatchEvent(new Event("etui:announce"));
  assert.deepEqual(await wallets(), []);
});
