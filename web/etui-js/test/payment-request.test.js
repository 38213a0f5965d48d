import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { nobody, request, wallet } from "./world.js";
import { METHOD, complete, paid, paymentRequest } from "../src/index.js";

/** What the browser was constructed with; a browser itself is asked in tests/web. */
globalThis.PaymentRequest = class {
  constructor(methods, details) {
    Object.assign(this, { methods, details });
  }
};
const OTHER = { supportedMethods: "https://other.example/pay" };

afterEach(nobody);

test("with a wallet its method comes first, with what the merchant signed", async () => {
  wallet();
  const token = request();
  const { methods, details } = await paymentRequest(token, [OTHER]);
  assert.deepEqual(methods, [{ supportedMethods: METHOD, data: { request: token } }, OTHER]);
  assert.deepEqual([details.id, details.total.amount], ["o-1", { currency: "EUR", value: "12.50" }]);
  assert.deepEqual(details.displayItems.map((one) => one.label), ["Ä book"]);
});

test("without one the browser hears nothing of it", async () => {
  const { methods } = await paymentRequest(request(), [OTHER]);
  assert.deepEqual(methods, [OTHER]);
  await assert.rejects(paymentRequest(request()), { code: "absent" });
});

test("what pays is read from the wallet's response alone", () => {
  const details = { credential: "e.y", network: "etui-demo" };
  assert.equal(paid({ methodName: METHOD, details }), "e.y");
  assert.equal(paid({ methodName: OTHER.supportedMethods, details }), null);
  assert.throws(() => paid({ methodName: METHOD, details: {} }), { code: "unavailable" });
});

test("the end is told with its receipt, as the specification has it", async () => {
  const told = [];
  const response = { complete: async (...given) => void told.push(given) };
  await complete(response, "approved", "j.w.s");
  await complete(response, "declined");
  assert.deepEqual(told, [["success", { data: { receipt: "j.w.s" } }], ["fail", undefined]]);
});
