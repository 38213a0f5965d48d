/** The game on the screen, and the lives that are bought in it. */

import { Game, LANES } from "/static/game.js";
import { byWallet, post, reason } from "/static/till.js";
import { WalletError, isReady, mandate, mandates } from "/etui/index.js";

const MOST_STEP_MS = 50;
const ASKS = "Your wallet asks you, in its own window.";
const byId = (id) => document.getElementById(id);
const canvas = byId("field");
const pen = canvas.getContext("2d");
const lane = canvas.width / LANES;

let game = new Game();
let last = 0;
let runs = false;
let extra = 0;
/** The season pass, as the wallet says that it stands. */
let pass;

function show() {
  byId("score").value = game.score;
  byId("lives").value = game.lives;
  byId("extra").value = extra;
  byId("play").textContent = runs ? "Pause" : game.isOver && extra ? "Go on with an extra life" : game.isOver ? "Play again" : "Play";
}

function draw() {
  const ground = canvas.height - 44;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#242747";
  for (let one = 1; one < LANES; one++) pen.fillRect(one * lane, 0, 1, canvas.height);
  for (const { kind, lane: at, at: down } of game.things) {
    const x = (at + 0.5) * lane;
    const y = down * ground;
    pen.beginPath();
    if (kind === "moth") {
      pen.fillStyle = "#f4e9c8";
      pen.ellipse(x - 8, y, 9, 6, 0.5, 0, 7);
      pen.ellipse(x + 8, y, 9, 6, -0.5, 0, 7);
    } else {
      pen.fillStyle = "#58a6ff";
      pen.moveTo(x, y - 14);
      pen.arc(x, y, 9, 0, Math.PI);
    }
    pen.fill();
  }
  const x = (game.lane + 0.5) * lane;
  pen.fillStyle = game.isOver ? "#4a4d66" : "#ffc857";
  pen.fillRect(x - 12, ground - 4, 24, 32);
  pen.fillRect(x - 7, ground - 12, 14, 6);
  pen.fillStyle = game.isOver ? "#6a6d86" : "#fff3c9";
  pen.fillRect(x - 6, ground + 4, 12, 16);
}

function frame(now) {
  if (!runs) return;
  const met = game.step(Math.min(MOST_STEP_MS, now - last));
  last = now;
  if (met.includes("rain")) byId("said").textContent = game.isOver ? `The lantern is out. Score ${game.score}.` : `Rain. Lives left: ${game.lives}.`;
  runs = !game.isOver;
  show();
  draw();
  if (runs) requestAnimationFrame(frame);
}

async function toggle() {
  if (!runs && game.isOver && extra) {
    try {
      extra = (await post("/lives/use", {})).extra;
    } catch (error) {
      byId("said").textContent = reason(error);
      return;
    }
    game.revive();
  } else if (!runs && game.isOver) {
    game = new Game();
  }
  runs = !runs;
  last = performance.now();
  if (runs) byId("said").textContent = "";
  show();
  draw();
  if (runs) requestAnimationFrame(frame);
}

function move(by) {
  game.move(by);
  draw();
}

async function buy() {
  const said = byId("bought");
  const button = byId("buy");
  runs = false;
  show();
  button.disabled = true;
  said.classList.remove("failure");
  said.textContent = ASKS;
  try {
    const { id, request } = await order();
    const { outcome, filed } = await paid(id, request);
    if (outcome === "approved") extra = (await post("/lives", { order: id })).extra;
    said.classList.toggle("failure", outcome !== "approved");
    said.textContent = outcome !== "approved" ? "Your bank declined. Nothing was paid." : `You have ${extra} extra lives.${filed ? " The receipt lies in your wallet." : ""}`;
  } catch (error) {
    said.classList.add("failure");
    said.textContent = reason(error);
  }
  button.disabled = false;
  show();
  await look();
}

/** An order of extra lives: `{id, request}`. */
function order() {
  return post("/orders", { goods: [{ id: byId("buy").dataset.good }] });
}

/** Pays by the season pass where there is one; where that is not enough, with a question. */
async function paid(id, request) {
  if (pass) {
    try {
      return await byWallet(id, request, { quiet: true });
    } catch (error) {
      if (!(error instanceof WalletError) || !["denied", "spent"].includes(error.code)) throw error;
    }
  }
  return byWallet(id, request);
}

/** Proposes the season pass; the order that says to whom is not paid. */
async function propose() {
  const said = byId("passed");
  const button = byId("pass");
  const { amount, days } = button.dataset;
  runs = false;
  show();
  button.disabled = true;
  said.classList.remove("failure");
  said.textContent = ASKS;
  try {
    await mandate((await order()).request, { amount: Number(amount), days: Number(days) });
    await look();
  } catch (error) {
    said.classList.add("failure");
    said.textContent = reason(error);
  }
  button.disabled = false;
}

/** Asks the wallet how the season pass stands, which its user may have lowered or ended meanwhile. */
async function look() {
  [pass] = (await isReady()) ? await mandates().catch(() => []) : [];
  if (!pass) {
    byId("passed").textContent = "";
    return;
  }
  const money = new Intl.NumberFormat(undefined, { style: "currency", currency: pass.currency });
  const units = (minor) => money.format(minor / 10 ** money.resolvedOptions().maximumFractionDigits);
  byId("passed").textContent = `Your season pass: ${units(pass.left)} of ${units(pass.amount)} are left.`;
}

document.addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLButtonElement && event.key === " ") return;
  const done = { ArrowLeft: () => move(-1), ArrowRight: () => move(1), " ": toggle }[event.key];
  if (!done) return;
  event.preventDefault();
  done();
});
canvas.addEventListener("pointerdown", (event) => move(event.offsetX < canvas.clientWidth / 2 ? -1 : 1));
byId("left").addEventListener("click", () => move(-1));
byId("right").addEventListener("click", () => move(1));
byId("play").addEventListener("click", toggle);
byId("buy").addEventListener("click", buy);
byId("pass").addEventListener("click", propose);
document.addEventListener("visibilitychange", () => {
  runs = runs && !document.hidden;
  show();
});

extra = (await (await fetch("/lives")).json()).extra;
show();
draw();
await look();
