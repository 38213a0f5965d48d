// In the page's own world: PaymentRequest, so that the wallet answers its own payment method, the browser every other.
//
// - A request stays the browser's own object, made of the methods that are not the wallet's. Ours never reaches it:
//   Chromium would look its host up on the net. Where no other is left, a name that nobody serves stands in its place,
//   so that the browser checks the rest of what the page gave.
// - What the wallet cannot do goes on as if it were not there, at once.
// - Where the browser has no PaymentRequest there is none.
//
// Source: W3C Payment Request API, sections 3 and 14.
(() => {
  const METHOD = "https://etui.example/card";
  const NOBODY = "etui-none";
  /** A person said no; everything else is a wallet that cannot. */
  const NO = new Set(["refused", "not_now"]);

  const Native = window.PaymentRequest;
  if (Native === undefined) return;

  let wallet;
  const take = ({ detail }) => {
    if (detail.name === "Etui") wallet ??= detail;
  };
  window.addEventListener("etui:announce", take);
  window.dispatchEvent(new Event("etui:discover"));
  window.removeEventListener("etui:announce", take);
  if (wallet === undefined) return;

  /** @type {WeakMap<PaymentRequest, {data: object, hasOthers: boolean, state: string, stop: AbortController}>} */
  const ours = new WeakMap();
  /** The one that is showing. @type {object | null} */
  let showing = null;

  const error = (name, message) => new DOMException(message, name);
  const isOurs = (one) => one?.supportedMethods === METHOD;

  const Wrapped = new Proxy(Native, {
    construct(target, [methods, details, ...rest], newTarget) {
      if (methods === null || typeof methods !== "object" || !methods[Symbol.iterator]) {
        return Reflect.construct(target, [methods, details, ...rest], newTarget);
      }
      const all = [...methods];
      const [mine, ...more] = all.filter(isOurs);
      if (mine === undefined) return Reflect.construct(target, [all, details, ...rest], newTarget);
      if (more.length) throw new RangeError("A payment method identifier is given twice.");
      const data = JSON.parse(JSON.stringify(mine.data ?? {}));
      const others = all.filter((one) => !isOurs(one));
      const given = others.length ? others : [{ supportedMethods: NOBODY }];
      const request = Reflect.construct(target, [given, withoutOurs(details), ...rest], newTarget);
      ours.set(request, { data, hasOthers: others.length > 0, state: "created", stop: new AbortController() });
      return request;
    },
  });

  /** The details with what is said of our method said of one that nobody serves. */
  function withoutOurs(details) {
    if (!Array.isArray(details?.modifiers)) return details;
    const modifiers = details.modifiers.map((one) => (isOurs(one) ? { ...one, supportedMethods: NOBODY } : one));
    return { ...details, modifiers };
  }

  /** Puts `answer` in the place of a method of the prototype, for requests of ours alone. */
  function replace(name, answer) {
    const descriptor = Object.getOwnPropertyDescriptor(Native.prototype, name);
    if (descriptor === undefined) return;
    const value = new Proxy(descriptor.value, {
      apply(target, self, given) {
        const native = () => Reflect.apply(target, self, given);
        const known = ours.get(self);
        return known === undefined || known.state === "passed on" ? native() : answer(known, self, native, given);
      },
    });
    Object.defineProperty(Native.prototype, name, { ...descriptor, value });
  }

  replace("show", async (known, request, native, [update]) => {
    if (!navigator.userActivation.isActive) throw error("SecurityError", "show() needs a click or a key.");
    if (known.state !== "created") throw error("InvalidStateError", "show() was called already.");
    if (showing !== null) {
      known.state = "closed";
      throw error("AbortError", "Another payment request is showing.");
    }
    known.state = "interactive";
    showing = request;
    Promise.resolve(update).catch(() => known.stop.abort()); // what it comes to says nothing: the merchant's request does
    let paid;
    try {
      paid = await wallet.request({
        method: "payment/1.pay",
        params: await paymentOf(known.data),
        signal: known.stop.signal,
      });
    } catch (reason) {
      return passOn(known, reason, native);
    } finally {
      showing = null;
    }
    known.state = "closed";
    return responseOf(request.id, paid);
  });

  replace("abort", async (known) => {
    if (known.state !== "interactive") throw error("InvalidStateError", "There is nothing to abort.");
    known.state = "closed";
    known.stop.abort();
  });

  const can = async (known, _, native) => {
    if (known.state !== "created") throw error("InvalidStateError", "show() was called already.");
    const { ready } = await wallet.request({ method: "browser/1.ready" }).catch(() => ({ ready: false }));
    return ready || (known.hasOthers ? native() : false);
  };
  replace("canMakePayment", can);
  replace("hasEnrolledInstrument", can);

  /** Goes on with what the page would have had without the wallet. */
  async function passOn(known, reason, native) {
    if (known.stop.signal.aborted) {
      known.state = "closed";
      throw error("AbortError", "The payment request was aborted.");
    }
    if (known.hasOthers) {
      known.state = "passed on";
      try {
        return await native();
      } catch (late) {
        if (late.name !== "SecurityError") throw late; // else the click is too long ago for the browser
      }
    }
    known.state = "closed";
    if (NO.has(reason.code)) throw error("AbortError", "The user did not want to pay.");
    throw error("NotSupportedError", `The payment method "${METHOD}" is not supported: ${reason.message}`);
  }

  /** The params of `payment/1.pay` for a merchant's signed request, which says what is to be paid. */
  async function paymentOf({ request }) {
    if (typeof request !== "string") throw new TypeError("data.request is not a merchant's signed payment request");
    const bytes = new TextEncoder().encode(request);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const payload = request.split(".")[1] ?? "";
    const text = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const { details } = JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (one) => one.charCodeAt(0))));
    return { order: `${details.id}#${hex}`, request };
  }

  /** Responses of the wallet's, each with its members. @type {WeakMap<PaymentResponse, object>} */
  const responses = new WeakMap();
  const shape = PaymentResponse.prototype;
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(shape))) {
    if (name === "constructor") continue;
    const put = (kind, answer) => {
      if (descriptor[kind] === undefined) return;
      descriptor[kind] = new Proxy(descriptor[kind], {
        apply(target, self, given) {
          const members = responses.get(self);
          return members === undefined ? Reflect.apply(target, self, given) : answer(members, given);
        },
      });
    };
    put("value", (members, given) => members[name](...given));
    put("get", (members) => members[name]);
    put("set", (members, [handler]) => {
      members[name] = Object(handler) === handler ? handler : null;
    });
    Object.defineProperty(shape, name, descriptor);
  }

  /** What show() gives: a PaymentResponse in all that a page can see of one. */
  function responseOf(requestId, { payment, credential, network }) {
    const response = Reflect.construct(EventTarget, [], PaymentResponse);
    const details = { credential, network };
    let isComplete = false;
    const values = {
      requestId,
      methodName: METHOD,
      details,
      shippingAddress: null,
      shippingOption: null,
      payerName: null,
      payerEmail: null,
      payerPhone: null,
    };
    const methods = {
      /** `data.receipt` is the merchant's signed receipt, which the wallet keeps. */
      async complete(result = "unknown", { data } = {}) {
        if (isComplete) throw error("InvalidStateError", "complete() was called already.");
        const outcome = { success: "approved", fail: "declined", unknown: null }[result];
        if (outcome === undefined) throw new TypeError(`"${result}" is no result of a payment.`);
        isComplete = true;
        if (outcome === null) return;
        const receipt = typeof data?.receipt === "string" ? { receipt: data.receipt } : {};
        const params = { payment: payment.item, outcome, ...receipt };
        await wallet.request({ method: "payment/1.complete", params }).catch(() => {}); // it stays pending there
      },
      async retry() {
        if (isComplete) throw error("InvalidStateError", "complete() was called already.");
        throw error("NotSupportedError", "The wallet does not pay one request twice: make another one.");
      },
      toJSON: () => ({ ...values }),
    };
    responses.set(response, { ...values, ...methods, onpayerdetailchange: null });
    return response;
  }

  const constructor = Object.getOwnPropertyDescriptor(Native.prototype, "constructor");
  Object.defineProperty(Native.prototype, "constructor", { ...constructor, value: Wrapped });
  const own = Object.getOwnPropertyDescriptor(window, "PaymentRequest");
  Object.defineProperty(window, "PaymentRequest", { ...own, value: Wrapped });
})();
