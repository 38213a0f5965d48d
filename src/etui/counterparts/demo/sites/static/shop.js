/** The basket, and the two ways to pay it. */

import { complete, paid, paymentRequest } from "/etui/index.js";
import { byWallet, charge, post, reason } from "/static/till.js";

const basket = document.querySelector("#basket");
const said = document.querySelector("#said");
const total = document.querySelector("#total");
const buttons = [...basket.querySelectorAll("button")];
const counts = [...basket.querySelectorAll("input")];

const wanted = () => counts.filter((one) => one.valueAsNumber > 0);

function add() {
  const minor = wanted().reduce((sum, one) => sum + one.valueAsNumber * Number(one.dataset.price), 0);
  total.value = `${(minor / 100).toFixed(2)} EUR`;
}

function say(text, { failed = false } = {}) {
  said.textContent = text;
  said.classList.toggle("failure", failed);
}

/** Has the basket paid in one of the ways. */
async function checkout(way) {
  add();
  if (!basket.reportValidity()) return;
  const goods = wanted().map((one) => ({ id: one.name, count: one.valueAsNumber }));
  if (!goods.length) return say("Choose something first.", { failed: true });
  for (const one of buttons) one.disabled = true;
  say("Your wallet asks you, in its own window.");
  try {
    const { id, request } = await post("/orders", { goods });
    const { outcome, filed } = await way(id, request);
    if (outcome !== "approved") return say("Your bank declined. Nothing was paid.", { failed: true });
    say(filed ? `Paid ${total.value}. The receipt lies in your wallet.` : `Paid ${total.value}.`);
    for (const one of counts) one.value = "0";
    add();
  } catch (error) {
    say(`${reason(error)} You can reserve, and pay at the counter.`, { failed: true });
  } finally {
    for (const one of buttons) one.disabled = false;
    said.focus();
  }
}

/** Pays an order by the browser's sheet, where it has another way than the wallet, too. */
async function byBrowser(id, request) {
  const response = await (await paymentRequest(request)).show();
  const { outcome, receipt } = await charge(id, paid(response));
  await complete(response, outcome, receipt ?? undefined);
  return { outcome, filed: Boolean(receipt) };
}

for (const [name, way] of [["wallet", byWallet], ["sheet", byBrowser]]) {
  const button = document.querySelector(`#${name}`);
  button.hidden = name === "sheet" && !("PaymentRequest" in window);
  button.addEventListener("click", () => checkout(way));
}
document.querySelector("#counter").addEventListener("click", () => say(""));
basket.addEventListener("input", add);
window.addEventListener("pageshow", add); // a browser may have put back what was typed before
