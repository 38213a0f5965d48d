// In the page's own world, before any script of the page: announces the wallet. It holds nothing and decides nothing:
// each call goes through a channel of its own to content.js, which the page cannot reach into.
(() => {
  /** What a page may call. The door has the list that counts; this one is for pages to look at. */
  const METHODS = [
    "payment/1.pay",
    "payment/1.mandate",
    "payment/1.complete",
    "payment/1.find",
    "payment/1.show",
    "receipt/1.file",
    "wallet/1.allowances",
    "browser/1.ready",
    "browser/1.fill",
  ];

  /** An error with the Router's stable code, or `absent`, `locked`, `unavailable`. */
  function failure({ code, message }) {
    return Object.assign(new Error(message), { code });
  }

  /**
   * Has the wallet do something. Rejects with an `Error` whose `code` says why, or with the signal's reason.
   * `quiet`: nobody is asked; what a question would be needed for is `denied`, or `spent`.
   * @param {{method: string, params?: object, signal?: AbortSignal, quiet?: boolean}} call
   * @returns {Promise<object>}
   */
  function request(call) {
    return new Promise((resolve, reject) => {
      const { method, params = {}, signal, quiet = false } = call;
      signal?.throwIfAborted();
      const text = JSON.stringify(params);
      const { port1: here, port2: there } = new MessageChannel();
      const abort = () => {
        here.postMessage("cancel");
        end(() => reject(signal.reason));
      };
      const end = (settle) => {
        signal?.removeEventListener("abort", abort);
        here.close();
        settle();
      };
      here.onmessage = ({ data }) =>
        end(() => (data.error ? reject(failure(data.error)) : resolve(JSON.parse(data.result))));
      signal?.addEventListener("abort", abort);
      window.postMessage({ etui: "call", method: String(method), params: text, quiet: quiet === true }, window.origin, [there]);
    });
  }

  if (!window.isSecureContext || window.origin === "null") return;
  const methods = Object.freeze(METHODS);
  const detail = Object.freeze({ id: crypto.randomUUID(), name: "Etui", version: 1, methods, request });
  const announce = () => window.dispatchEvent(new CustomEvent("etui:announce", { detail }));
  window.addEventListener("etui:discover", announce);
  announce();
})();
