// The page of the button: how the wallet stands to this browser, pairing, and whether a login is to be saved.

const WORDS = {
  absent: ["No wallet answers.", "Start it with “etui run”, and open its door with “etui door enable browser”."],
  locked: ["The wallet is locked.", "Unlock it, and this browser goes on by itself."],
  unpaired: ["This browser is not paired with the wallet.", "The wallet will ask you whether its pages may ask it."],
  ready: ["The wallet answers this browser.", ""],
};

/** @param {string} id */
const at = (id) => document.getElementById(id);
const port = chrome.runtime.connect({ name: "popup" });

port.onMessage.addListener(({ standing, message, since, code, problem, login }) => {
  const [said, more] = WORDS[standing];
  const paired = since && standing === "ready" ? `Paired since ${new Date(since).toLocaleDateString()}.` : "";
  at("standing").textContent = said;
  at("more").textContent = [more || paired, message].filter(Boolean).join(" ");
  at("pair").hidden = standing !== "unpaired" || code !== "";
  at("code").hidden = code === "";
  at("digits").textContent = code;
  at("login").hidden = login === null;
  at("login-text").textContent = login ? `${login.user || "A password"} at ${new URL(login.origin).host}` : "";
  at("problem").textContent = problem;
});

for (const want of ["pair", "save", "drop"]) at(want).addEventListener("click", () => port.postMessage({ want }));
