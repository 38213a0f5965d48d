/** A form that a wallet fills in: its button is there where such a wallet is, and sends the form once it is filled in. */

import { FILL, WalletError, fillLogin, walletFor } from "/etui/index.js";

const button = document.querySelector("#wallet");
const said = document.querySelector("#said");
const field = button.form.querySelector("[type=password], [autocomplete=one-time-code]");

/** Why nothing was filled in, for people. */
const SAID = {
  absent: "No wallet is connected to this browser.",
  locked: "Your wallet is locked.",
};

async function logIn() {
  button.disabled = true;
  said.classList.remove("failure");
  said.textContent = "Your wallet asks you, in its own window.";
  try {
    await fillLogin(field);
    button.form.requestSubmit();
  } catch (error) {
    if (!(error instanceof WalletError)) throw error;
    said.classList.add("failure");
    said.textContent = `${SAID[error.code] ?? "Your wallet filled nothing in."} You can type it here.`;
  } finally {
    button.disabled = false;
  }
}

button.addEventListener("click", logIn);
button.hidden = !(await walletFor(FILL).then(() => true, () => false));
