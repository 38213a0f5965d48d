// The background: the one line to the wallet, the frames that use it, and what the button's page shows.

import { Frame } from "./frames.js";
import { Native } from "./native.js";
import { keep, kept, makeKey } from "./pairing.js";
import { toBase64 } from "./seal.js";

const OFFER_MS = 120_000;
const OURS = chrome.runtime.getURL("");

const native = new Native();
/** The pages of the button that are open. @type {Set<chrome.runtime.Port>} */
const popups = new Set();
/** The code that is to be compared, while the wallet asks whether this browser is to be paired. */
let code = "";
let problem = "";
/**
 * What was typed somewhere and may be saved.
 * @type {{frame: Frame, login: {user: string, password: string, item?: string}} | null}
 */
let offered = null;
let forgetting = 0;
/**
 * The tab in front, and those of its frames that have a field to fill, as they said last.
 * @type {{tab: number, frames: {frame: number, origin: string, what: string, pressedAt: number}[]}}
 */
let front = { tab: chrome.tabs.TAB_ID_NONE, frames: [] };

native.onChange = () => {
  problem = "";
  show();
};

chrome.runtime.onConnect.addListener((port) => {
  const { id, origin, url } = port.sender;
  if (id !== chrome.runtime.id) port.disconnect();
  else if (port.name === "popup" && url?.startsWith(OURS)) openPopup(port);
  else if (port.name === "frame" && isPage(origin)) new Frame(port, origin, native, offer);
  else port.disconnect();
});

/** Whether an origin is a page's that can be told from others: not that of a sandbox, of a file, or of data. */
function isPage(origin) {
  return typeof origin === "string" && (origin.startsWith("https://") || origin.startsWith("http://"));
}

chrome.runtime.onMessage.addListener(({ what, pressedAt }, { id, origin, tab, frameId }) => {
  if (id !== chrome.runtime.id || tab?.id !== front.tab || !isPage(origin)) return;
  front.frames.push({ frame: frameId, origin, what, pressedAt });
  show();
});
chrome.tabs.onActivated.addListener(lookAnew);
chrome.tabs.onUpdated.addListener((tab, { status }) => {
  if (tab === front.tab && status === "complete") lookAnew();
});
chrome.commands.onCommand.addListener((_, tab) => tell(tab.id, { want: "fill here" }));

/** Another page is in front: what was said of the one before does not stand there. */
function lookAnew() {
  problem = "";
  look();
}

/** Has the frames of the page in front say whether they have a field to fill. */
async function look() {
  if (popups.size === 0) return;
  const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
  front = { tab: tab?.id ?? chrome.tabs.TAB_ID_NONE, frames: [] };
  show();
  tell(front.tab, { want: "look" });
}

/** The frame that the button fills: where its user pressed something last, else the page itself, else any. */
function toFill() {
  return front.frames.toSorted((one, other) => other.pressedAt - one.pressedAt || one.frame - other.frame)[0] ?? null;
}

async function fill() {
  const place = toFill();
  if (place === null) return;
  problem = (await tell(front.tab, { want: "fill", origin: place.origin }, { frameId: place.frame })) ?? "";
  show();
}

/** What the frames of a tab, or one of them, answer; nothing where no frame does. */
async function tell(tab, message, where = {}) {
  try {
    return await chrome.tabs.sendMessage(tab, message, where);
  } catch {
    return undefined; // a page that is none of ours, or has gone
  }
}

/** @param {chrome.runtime.Port} port */
function openPopup(port) {
  popups.add(port);
  port.onDisconnect.addListener(() => popups.delete(port));
  port.onMessage.addListener(({ want }) => {
    if (want === "pair") pair();
    else if (want === "save") save();
    else if (want === "drop") drop();
    else if (want === "fill") fill();
  });
  show();
  look();
  native.settled().then(show);
}

/** Tells the open pages of the button how it stands. */
async function show() {
  if (popups.size === 0) return;
  const since = (await kept())?.since;
  const login = offered && { origin: offered.frame.origin, user: offered.login.user };
  const { standing, message } = native;
  const place = toFill();
  for (const port of popups) port.postMessage({ standing, message, since, code, problem, login, place });
}

/** Has the wallet ask its user whether this browser is to be paired; goes on where the button's page is closed. */
async function pair() {
  if (code !== "") return;
  problem = "";
  const made = await makeKey();
  code = made.code;
  show();
  try {
    const { pairing } = await native.ask({ do: "pair", name: browserName(), key: toBase64(made.key) });
    await keep({ pairing, keys: made.keys, since: Date.now() });
  } catch (reason) {
    problem = reason.words ?? reason.message;
  } finally {
    code = "";
    show();
  }
}

/** What this browser calls itself. */
function browserName() {
  const firefox = /Firefox\/(\d+)/.exec(navigator.userAgent);
  if (firefox) return `Firefox ${firefox[1]}`;
  const brands = navigator.userAgentData?.brands ?? [];
  const known = brands.filter(({ brand }) => !/not.?a.?brand/i.test(brand));
  const named = known.find(({ brand }) => brand !== "Chromium") ?? known[0];
  return named ? `${named.brand} ${named.version}` : "Chromium";
}

/** Keeps a login that was typed, for a while, until its user says whether it is to be saved. */
async function offer(frame, { user, password, item }) {
  if (typeof user !== "string" || typeof password !== "string" || !password) return;
  if ((await native.settled()) !== "ready") return;
  offered = { frame, login: { user: user.slice(0, 400), password: password.slice(0, 4096), item } };
  clearTimeout(forgetting);
  forgetting = setTimeout(drop, OFFER_MS);
  chrome.action.setBadgeText({ text: "+" });
  show();
}

function drop() {
  offered = null;
  clearTimeout(forgetting);
  chrome.action.setBadgeText({ text: "" });
  show();
}

async function save() {
  if (offered === null) return;
  const { frame, login } = offered;
  problem = "";
  try {
    await frame.save(login);
    drop();
  } catch (reason) {
    problem = reason.words ?? reason.message;
    show();
  }
}
