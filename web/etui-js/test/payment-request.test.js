import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { ANSWER, nobody, request, wallet } from "./world.js";
import { METHOD, paid, paymentRequest } from "../src/index.js";

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
  const read = { payment: "r-1", credential: "e.y", network: "etui-demo" };
  assert.deepEqual(paid({ methodName: METHOD, details: ANSWER }), read);
  assert.equal(paid({ methodName: OTHER.supportedMethods, details: ANSWER }), null);
  assert.throws(() => paid({ methodName: METHOD, details: {} }), { code: "unavailable" });
});
