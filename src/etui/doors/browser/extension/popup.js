// The page of the button: how the wallet stands to this browser, pairing, what the page in front has to be filled, and
// whether a login is to be saved.

const WORDS = {
  absent: [
    "No wallet answers.",
    "“etui run” starts it, “etui door enable browser” opens its door, “etui browser install” has this browser find that.",
  ],
  locked: ["The wallet is locked.", "Unlock it, and this browser goes on by itself."],
  unpaired: ["This browser is not paired with the wallet.", "Paired, its pages can ask the wallet, which asks you."],
  ready: ["The wallet answers this browser.", ""],
};
const COMPARING = ["The wallet asks you now.", "Say yes there if it shows these six digits."];

const ASKED = { login: "a login", code: "a one-time code" };

/** @param {string} id */
const at = (id) => document.getElementById(id);
/** A page's text as it is seen: what has no picture, or turns the text around, becomes a mark. @param {string} text */
const plain = (text) => text.replace(/\p{C}/gu, "\uFFFD");
/** @param {{origin: string}} of */
const hostOf = ({ origin }) => new URL(origin).host;
const port = chrome.runtime.connect({ name: "popup" });

port.onMessage.addListener(({ standing, message, since, code, problem, login, place }) => {
  const [said, more] = code === "" ? WORDS[standing] : COMPARING;
  const paired = since && standing === "ready" ? `Paired since ${new Date(since).toLocaleDateString()}.` : "";
  at("standing").textContent = said;
  at("more").textContent = [more || paired, message].filter(Boolean).join(" ");
  at("pair").hidden = standing !== "unpaired" || code !== "";
  at("code").hidden = code === "";
  at("digits").textContent = code;
  at("page").hidden = standing !== "ready";
  at("page-text").textContent = place ? `${hostOf(place)} asks for ${ASKED[place.what]}.` : "No field for a login is seen.";
  at("fill").hidden = place === null;
  at("login").hidden = login === null;
  at("save").hidden = standing !== "ready";
  at("login-text").textContent = login ? `${plain(login.user) || "A password"} at ${hostOf(login)}` : "";
  at("problem").textContent = problem && `${problem[0].toUpperCase()}${problem.slice(1).replace(/\.$/, "")}.`;
});

for (const want of ["pair", "fill", "save", "drop"]) at(want).addEventListener("click", () => port.postMessage({ want }));
