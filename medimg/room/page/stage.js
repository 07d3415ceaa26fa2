// What is looked at: the slice asked for, its neighbours, the other sequences of the same place, side by side or one by one.

import { Pane } from "./pane.js";
import { Planes, windows } from "./planes.js";
import { Marks } from "./marks.js";
import { say } from "./words.js";

const FIT = { zoom: 1, x: 0, y: 0 };

export class Stage {
  constructor(net) {
    this.net = net;
    this.planes = new Planes((address) => net.get(address));
    this.around = new Map(); // token -> what lies around it
    this.box = document.getElementById("panes");
    this.root = document.getElementById("stage");
    this.panes = [new Pane(this.box)];
    this.marks = new Marks(this);
    this.preset = 0; // kept from image to image
    this.negative = false;
    this.beside = false;
    this.unit = "slice"; // what the answer counts for: the slice that is asked for, or the patient
    this.turn = 0;
    new ResizeObserver(() => this.draw()).observe(this.root);
  }

  // Fetch what will be asked for soon: images first, then what lies around them.
  async ahead(tokens) {
    const turn = this.turn;
    for (const token of tokens) await this.planes.fetch(token).catch(() => {});
    for (const token of [this.token, ...tokens]) {
      if (turn !== this.turn) return;
      await this.learn(token);
    }
    for (const token of this.near()) {
      if (turn !== this.turn) return;
      await this.planes.fetch(token).catch(() => {});
    }
  }

  async learn(token) {
    if (this.around.has(token)) return;
    const found = await this.net.json(`/api/context/${token}`).catch(() => null);
    if (!found) return;
    this.around.set(token, found);
    if (token === this.token) this.enter(token);
  }

  // The nearest slices of all sequences, the nearest first.
  near() {
    const rows = [this.here.slices, ...Object.values(this.here.others)], found = [];
    for (let far = 0; far <= 6; far++) for (const row of rows) found.push(row[this.here.at - far], row[this.here.at + far]);
    return new Set(found.filter(Boolean));
  }

  // Show the slice asked for; true when it is on the screen at once.
  async show(token) {
    this.turn += 1;
    this.view = { ...FIT };
    this.own = {}; // sequence -> window set by hand
    this.enter(token);
    if (!this.planes.ready(token)) {
      await this.planes.fetch(token);
      this.draw();
    }
  }

  enter(token) {
    this.token = token;
    this.here = this.around.get(token) || { slices: [token], at: 0, sequence: "", others: {} };
    this.names = [this.here.sequence, ...Object.keys(this.here.others)].sort();
    this.rows = { ...this.here.others, [this.here.sequence]: this.here.slices };
    this.name = this.here.sequence;
    this.at = this.here.at;
    this.looked = { slices: new Set(), sequences: new Set() };
    this.draw();
  }

  clear() {
    this.turn += 1;
    this.token = null;
    this.root.classList.add("empty");
    for (const pane of this.panes) pane.show(null);
  }

  // The window of a plane: set by hand, or the preset's.
  window(plane, name) {
    const known = windows(plane), names = Object.keys(known);
    return this.own[name] || known[names[Math.min(this.preset, names.length - 1)]];
  }

  preset_name(plane) {
    const names = Object.keys(windows(plane));
    return this.own[this.name] ? "own" : names[Math.min(this.preset, names.length - 1)];
  }

  draw() {
    if (!this.token) return;
    this.root.classList.remove("empty");
    const shown = this.beside && this.names.length > 1 ? this.names : [this.name];
    while (this.panes.length < shown.length) this.panes.push(new Pane(this.box));
    while (this.panes.length > shown.length) this.panes.pop().box.remove();
    this.box.classList.toggle("several", shown.length > 1);
    shown.forEach((name, place) => this.fill(this.panes[place], name, shown.length > 1));
    this.active = this.panes[shown.indexOf(this.name)];
    this.looked.slices.add(this.at);
    for (const name of shown) this.looked.sequences.add(name);
    this.marks.draw();
  }

  fill(pane, name, several) {
    const token = this.rows[name][this.at], plane = token && this.planes.ready(token), asked = token === this.token;
    if (token && !plane) this.planes.fetch(token).then(() => this.draw(), () => {});
    const missing = token ? say("loading") : say("no_sequence");
    pane.show(plane || null, plane && this.window(plane, name), this.negative, this.view, plane ? (several ? name : "") : missing);
    pane.name = name;
    pane.box.classList.toggle("asked", asked);
    pane.box.classList.toggle("elsewhere", !asked && this.unit === "slice" && (!several || name === this.name));
  }

  // Whether the image in front is one that the answer counts for.
  get home() { return this.unit === "patient" || (this.at === this.here.at && this.name === this.here.sequence); }

  go_home() { this.at = this.here.at; this.name = this.here.sequence; this.draw(); }

  step(by) {
    this.at = Math.min(this.here.slices.length - 1, Math.max(0, this.at + by));
    this.draw();
  }

  sequence(number) {
    if (this.names[number] !== undefined) { this.name = this.names[number]; this.draw(); }
  }

  change_preset(by) {
    const plane = this.active && this.active.plane;
    if (!plane) return;
    const count = Object.keys(windows(plane)).length;
    this.preset = this.own[this.name] ? this.preset : (Math.min(this.preset, count - 1) + by + count) % count;
    delete this.own[this.name];
    this.draw();
  }

  // Change contrast and brightness by shares of the window's width.
  change_window(wider, darker) {
    const plane = this.active && this.active.plane;
    if (!plane) return;
    const [centre, width] = this.window(plane, this.name);
    const least = plane.type === "float32" ? 1e-4 * (plane.range[1] - plane.range[0]) : 1;
    this.own[this.name] = [centre + darker * width, Math.max(least || 1e-6, width * Math.exp(wider))];
    this.draw();
  }

  // Zoom by a factor around a point, given from the middle of the pane in CSS pixels.
  zoom(by, x = 0, y = 0) {
    const zoom = Math.min(40, Math.max(0.25, this.view.zoom * by)), real = zoom / this.view.zoom;
    this.view = { zoom, x: x - (x - this.view.x) * real, y: y - (y - this.view.y) * real };
    this.draw();
  }

  pan(x, y) { this.view = { ...this.view, x: this.view.x + x, y: this.view.y + y }; this.draw(); }
  fit() { this.view = { ...FIT }; this.draw(); }
  reset() { this.own = {}; this.preset = 0; this.negative = false; this.fit(); }
  turn_negative() { this.negative = !this.negative; this.draw(); }
  turn_beside() { this.beside = !this.beside; this.draw(); }
  turn_bare() { this.root.classList.toggle("bare"); }
  turn_sharp() { this.sharp = this.box.classList.toggle("sharp"); this.draw(); }

  // How the image was looked at, for the record.
  record() {
    const plane = this.active && this.active.plane, [centre, width] = plane ? this.window(plane, this.name) : [0, 1];
    return {
      centre, width, zoom: this.view.zoom, negative: this.negative, slices_seen: this.looked.slices.size,
      sequences_seen: [...this.looked.sequences].join(" ").slice(0, 80),
    };
  }
}
