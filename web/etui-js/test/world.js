/** A page's window, wallets that speak the announcement protocol and nothing more, and what a merchant signs. */

globalThis.window = new EventTarget();

const leaving = [];

/** A wallet that answers each discovery; `answer` gets the call. `late`: in milliseconds. */
export function wallet(answer, { late = 0, ...detail } = {}) {
  const one = Object.freeze({
    id: crypto.randomUUID(),
    name: "Played",
    version: 1,
    methods: [
      ...["payment/1.pay", "payment/1.mandate", "payment/1.complete", "receipt/1.file", "wallet/1.allowances"],
      "browser/1.fill",
    ],
    request: async (call) => answer(call),
    ...detail,
  });
  const announce = () => window.dispatchEvent(new CustomEvent("etui:announce", { detail: one }));
  let waiting;
  const heard = () => (late ? (waiting = setTimeout(announce, late)) : announce());
  window.addEventListener("etui:discover", heard);
  leaving.push(() => {
    clearTimeout(waiting);
    window.removeEventListener("etui:discover", heard);
  });
  return one;
}

/** Takes all wallets away. */
export function nobody() {
  while (leaving.length) leaving.pop()();
}

/** A payment request in form; its signature is none, which is nothing that a page looks at. */
export function request(value = "12.50", currency = "EUR", id = "o-1") {
  const total = { label: "Total", amount: { currency, value } };
  const details = { id, total, displayItems: [{ label: "Ä book", amount: { currency, value } }] };
  const part = (content) => Buffer.from(JSON.stringify(content)).toString("base64url");
  return `${part({ alg: "ES256" })}.${part({ details })}.AAAA`;
}

export const ANSWER = { payment: { item: "r-1", kind: "payment" }, credential: "e.y", network: "etui-demo" };

/** An error as a wallet rejects with it. */
export function refusal(code) {
  return Object.assign(new Error(`it is ${code}`), { code });
}
