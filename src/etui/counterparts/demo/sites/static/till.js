/** The page's side of paying: what is ordered, what pays it, and what became of that. */

import { WalletError, finish, pay } from "/etui/index.js";

const TRIES = 3;
const PAUSE_MS = 1000;

/** The shop's server refused, or cannot be reached. */
export class TillError extends Error {}

/** What the server answers to a POST; sent again where no answer came, since the same pays once. */
export async function post(path, content) {
  for (let left = TRIES; ; left--) {
    let response;
    try {
      response = await fetch(path, { method: "POST", body: JSON.stringify(content) });
    } catch {
      if (left > 1) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        continue;
      }
      throw new TillError("The shop does not answer. It may have been paid all the same: ask it before you pay again.");
    }
    const answer = await response.json();
    if (response.ok) return answer;
    throw new TillError(answer.message);
  }
}

/** What became of an order with what pays it: `{outcome, receipt}`. */
export function charge(id, credential) {
  return post(`/orders/${id}/payment`, { credential });
}

/** Pays an order with a wallet, and has it keep the receipt; gives `{outcome, filed}`. `asking`: as `pay` takes it. */
export async function byWallet(id, request, asking = {}) {
  const { payment, credential } = await pay(request, asking);
  const { outcome, receipt } = await charge(id, credential);
  return { outcome, filed: await finish(payment, outcome, receipt ? { receipt } : {}).catch(unfiled) };
}

/** What is paid is paid, whatever the wallet says afterwards. */
function unfiled(error) {
  if (error instanceof WalletError) return false;
  throw error;
}

const SAID = {
  absent: "No wallet is in this browser.",
  locked: "Your wallet is locked: open it, then pay.",
  denied: "Your wallet did not pay.",
  refused: "You did not pay.",
  not_now: "You did not pay.",
};

/** Why nothing was paid, for people. */
export function reason(error) {
  if (error instanceof WalletError) return SAID[error.code] ?? `Your wallet did not pay: ${error.message}`;
  if (error instanceof TillError) return error.message;
  if (error instanceof DOMException) return error.name === "AbortError" ? SAID.refused : "Your wallet cannot pay now.";
  throw error;
}
