// Runs in a page: holds its PaymentRequest and PaymentResponse to the IDL that payment-request.mjs tells.
// Each check is told as [name, what is wrong], the second empty where nothing is.
({ interfaces, dictionaries, enumerations }, methods) => {
  const told = [];
  const check = (name, ...conditions) => {
    const wrong = conditions.filter(([, holds]) => !holds).map(([condition]) => condition);
    told.push([name, wrong.join(", ")]);
  };
  const thrown = (does) => {
    try {
      does();
    } catch (error) {
      return error.name;
    }
    return "nothing";
  };
  const isMethod = (one, name, length) => [
    ["it is a function", typeof one === "function"],
    [`its name is ${name}`, one?.name === name],
    [`its length is ${length}`, one?.length === length],
  ];

  for (const { name, parent, constructor_length: length, attributes, operations } of interfaces) {
    const { value, ...how } = Object.getOwnPropertyDescriptor(window, name) ?? {};
    if (value === undefined) {
      told.push([name, "it is not there"]);
      continue;
    }
    const { prototype } = value;
    const held = Object.getOwnPropertyDescriptor(value, "prototype");
    check(
      name,
      ...isMethod(value, name, length ?? 0),
      ["it is writable, configurable and not enumerable", how.writable && how.configurable && !how.enumerable],
      ["its prototype cannot be changed", !held.writable && !held.enumerable && !held.configurable],
      ["its prototype's constructor is it", prototype.constructor === value],
      [`it inherits from ${parent}`, Object.getPrototypeOf(value) === window[parent]],
      [`its prototype is one of ${parent}`, Object.getPrototypeOf(prototype) === window[parent].prototype],
      ["it says what it is", prototype[Symbol.toStringTag] === name],
      ["it is not called without new", thrown(() => value()) === "TypeError"],
      ["new wants its arguments", length === 0 || thrown(() => new value()) === "TypeError"],
    );
    for (const { name: attribute, readonly } of attributes) {
      const { get, set, enumerable, configurable } = Object.getOwnPropertyDescriptor(prototype, attribute) ?? {};
      check(
        `${name}.${attribute}`,
        ...isMethod(get, `get ${attribute}`, 0),
        ...(readonly ? [["it is not set", set === undefined]] : isMethod(set, `set ${attribute}`, 1)),
        ["it is enumerable and configurable", enumerable && configurable],
        ["another object has none", get !== undefined && thrown(() => get.call({})) === "TypeError"],
      );
    }
    for (const { name: operation, length: wanted, promised } of operations) {
      const { value: does, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(prototype, operation) ?? {};
      const other = thrown(() => does.call({})?.catch(() => {}));
      check(
        `${name}.${operation}`,
        ...isMethod(does, operation, wanted),
        ["it is writable, enumerable and configurable", writable && enumerable && configurable],
        ["another object has none", other === (promised ? "nothing" : "TypeError")],
      );
    }
  }

  const amount = { currency: "EUR", value: "1.00" };
  const item = { label: "Total", amount, pending: false };
  const option = { id: "post", label: "Post", amount, selected: true };
  const modifier = {
    supportedMethods: "https://pay.example/other",
    total: item,
    additionalDisplayItems: [item],
    data: {},
  };
  const whole = {
    PaymentMethodData: methods[0],
    PaymentCurrencyAmount: amount,
    PaymentDetailsInit: { displayItems: [item], shippingOptions: [option], modifiers: [modifier], id: "d-1", total: item },
    PaymentDetailsModifier: modifier,
    PaymentItem: item,
    PaymentShippingOption: option,
    PaymentOptions: {
      requestPayerName: true,
      requestBillingAddress: true,
      requestPayerEmail: true,
      requestPayerPhone: true,
      requestShipping: true,
      shippingType: "pickup",
    },
  };
  /** Makes a request in which the one of a dictionary is `given`. */
  const make = (name, given) => {
    const instead = (dictionary) => (dictionary === name ? given : whole[dictionary]);
    const total = name === "PaymentItem" ? given : { ...item, amount: instead("PaymentCurrencyAmount") };
    const details = {
      ...whole.PaymentDetailsInit,
      total,
      shippingOptions: [instead("PaymentShippingOption")],
      modifiers: [instead("PaymentDetailsModifier")],
    };
    return new PaymentRequest(
      [instead("PaymentMethodData")],
      name === "PaymentDetailsInit" ? given : details,
      instead("PaymentOptions"),
    );
  };
  for (const { name, parent, members } of dictionaries) {
    if (!(name in whole)) continue;
    const base = dictionaries.find((one) => one.name === parent);
    for (const { name: member, required } of [...(base?.members ?? []), ...members]) {
      let isRead = false;
      const watched = new Proxy(whole[name], {
        get: (target, key) => {
          isRead ||= key === member;
          return target[key];
        },
      });
      const made = thrown(() => make(name, watched));
      const { [member]: _, ...without } = whole[name];
      check(
        `${name}.${member}`,
        ["it is taken", made === "nothing"],
        ["it is read", isRead],
        [required ? "it is required" : "it is optional", thrown(() => make(name, without)) === (required ? "TypeError" : "nothing")],
      );
    }
  }
  const { values } = enumerations.find(({ name }) => name === "PaymentShippingType");
  for (const value of [...values, "rocket"]) {
    const made = thrown(() => make("PaymentOptions", { ...whole.PaymentOptions, shippingType: value }));
    check(`PaymentShippingType.${value}`, ["it is taken, or not", made === (values.includes(value) ? "nothing" : "TypeError")]);
  }
  return told;
}
