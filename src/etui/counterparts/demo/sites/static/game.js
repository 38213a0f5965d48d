/** The game itself, without a screen: a lantern in one of five lanes catches moths and is put out by the rain. */

export const LANES = 5;
export const LIVES = 3;
const MOTH = 10;
const FIRST_MS = 900;
const LEAST_MS = 320;
const FASTER = 0.985;
const FALL_MS = 2200;
const RAIN_SHARE = 0.45;

export class Game {
  /** `random`: numbers from 0 to 1, without 1. */
  constructor({ random = Math.random } = {}) {
    this.random = random;
    this.lane = Math.floor(LANES / 2);
    this.lives = LIVES;
    this.score = 0;
    /** What comes down: `{kind, lane, at}`; `at` from 0, the top, to 1, where the lantern is. */
    this.things = [];
    this.pause = FIRST_MS;
    this.until = FIRST_MS;
  }

  get isOver() {
    return this.lives === 0;
  }

  /** Moves the lantern by some lanes; it stays within the field. */
  move(by) {
    this.lane = Math.min(LANES - 1, Math.max(0, this.lane + by));
  }

  /** Goes on by some milliseconds; gives what was met, as `moth` or `rain`. */
  step(ms) {
    if (this.isOver) return [];
    for (const thing of this.things) thing.at += ms / FALL_MS;
    const down = this.things.filter((thing) => thing.at >= 1);
    this.things = this.things.filter((thing) => thing.at < 1);
    const met = down.filter((thing) => thing.lane === this.lane).map((thing) => thing.kind);
    for (const kind of met) {
      if (kind === "moth") this.score += MOTH;
      else this.lives = Math.max(0, this.lives - 1);
    }
    this.until -= ms;
    if (this.until <= 0) this.#come();
    return met;
  }

  /** Goes on after the last life, with one more. */
  revive() {
    if (!this.isOver) return;
    this.lives = 1;
    this.things = [];
  }

  #come() {
    const kind = this.random() < RAIN_SHARE ? "rain" : "moth";
    this.things.push({ kind, lane: Math.floor(this.random() * LANES), at: 0 });
    this.pause = Math.max(LEAST_MS, this.pause * FASTER);
    this.until = this.pause;
  }
}
