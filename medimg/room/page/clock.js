// How long an image was looked at: pauses, hidden windows and more than a minute without a sign of life do not count.

const IDLE_MS = 60000;

export class Clock {
  constructor() {
    this.spent = 0;
    this.seen = performance.now();
    this.paused = false;
    this.running = !document.hidden; // from the last tick on
    for (const sign of ["keydown", "pointermove", "pointerdown", "wheel"]) {
      addEventListener(sign, () => this.tick(), { capture: true, passive: true });
    }
    document.addEventListener("visibilitychange", () => this.tick());
  }

  tick() {
    const now = performance.now(), gap = now - this.seen;
    if (this.running) this.spent += gap > IDLE_MS ? IDLE_MS : gap;
    this.seen = now;
    this.running = !this.paused && !document.hidden;
  }

  start() { this.tick(); this.spent = 0; }
  stop() { this.paused = true; this.tick(); }
  go() { this.paused = false; this.tick(); }
  ms() { this.tick(); return Math.round(this.spent); }
}
