// Runs in a page: holds `window.request` and what it was answered, `window.response`, to the IDL.
// Each check is told as [name, what is wrong], the second empty where nothing is.
({ interfaces }) => {
  const told = [];
  const isOf = (value, { type, nullable }) => {
    if (value === null) return nullable || type === "EventHandler";
    if (type === "object") return typeof value === "object";
    return type === "DOMString" ? typeof value === "string" : false;
  };
  for (const [name, instance] of [["PaymentRequest", request], ["PaymentResponse", response]]) {
    const { attributes, operations } = interfaces.find((one) => one.name === name);
    const { prototype } = window[name];
    const tells = (member, holds) => told.push([`${name} as answered.${member}`, holds ? "" : "it is otherwise"]);
    tells("instanceof", instance instanceof window[name] && instance instanceof EventTarget);
    tells("own members", Reflect.ownKeys(instance).length === 0);
    tells("Object.prototype.toString", Object.prototype.toString.call(instance) === `[object ${name}]`);
    for (const attribute of attributes) {
      const { get } = Object.getOwnPropertyDescriptor(prototype, attribute.name) ?? {};
      tells(attribute.name, get !== undefined && get.call(instance) === instance[attribute.name] && isOf(instance[attribute.name], attribute));
    }
    for (const { name: operation } of operations) tells(operation, typeof instance[operation] === "function");
    for (const { name: handler } of attributes.filter(({ type }) => type === "EventHandler")) {
      instance[handler] = () => {};
      const isKept = typeof instance[handler] === "function";
      instance[handler] = "no function";
      tells(`${handler} =`, isKept && instance[handler] === null);
    }
    if (operations.some(({ name: operation }) => operation === "toJSON")) {
      const wanted = attributes.filter(({ type }) => type !== "EventHandler").map((one) => one.name);
      tells("toJSON()", JSON.stringify(Object.keys(instance.toJSON()).sort()) === JSON.stringify(wanted.sort()));
    }
  }
  return told;
}
