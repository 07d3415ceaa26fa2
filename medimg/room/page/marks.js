// What is written on the image: where it lies, its window, a scale.

import { element, say } from "./words.js";

const LENGTHS_MM = [1, 2, 5, 10, 20, 50, 100, 200];

export class Marks {
  constructor(stage) {
    this.stage = stage;
    for (const name of ["sequences", "place", "lens", "scale", "slices"]) this[name] = document.getElementById(name);
    this.under = null; // [column, row, value] below the pointer
    this.drawn = {}; // name -> what it was drawn from
  }

  // Whether a part has to be drawn anew: a button that is replaced while it is pressed is not clicked.
  anew(name, ...from) {
    const told = JSON.stringify(from), same = this.drawn[name] === told;
    this.drawn[name] = told;
    return !same;
  }

  draw() {
    const stage = this.stage, plane = stage.active && stage.active.plane;
    this.draw_sequences();
    this.draw_slices();
    this.place.textContent = this.where();
    this.place.classList.toggle("elsewhere", !stage.home);
    this.lens.textContent = plane ? this.through(plane) : "";
    this.draw_scale();
  }

  where() {
    const { here, at, home, name, unit } = this.stage, count = here.slices.length;
    const slice = count > 1 ? `${say("slice", { at: at + 1, count })}\n` : "";
    if (unit === "patient") return slice + say("whole_patient");
    if (home) return slice + (count > 1 ? say("proposed") : "");
    const offset = at - here.at;
    if (offset) return slice + say("neighbour", { offset: offset > 0 ? `+${offset}` : `−${-offset}` });
    return slice + say("other_sequence", { name, own: here.sequence });
  }

  through(plane) {
    const stage = this.stage, [centre, width] = stage.window(plane, stage.name), digits = width < 10 ? 2 : 0;
    const parts = [`${say(`window_${stage.preset_name(plane)}`)}  W ${width.toFixed(digits)}  L ${centre.toFixed(digits)}`];
    if (stage.view.zoom !== 1) parts.push(`× ${stage.view.zoom.toFixed(1)}`);
    if (stage.negative) parts.push(say("negative"));
    if (stage.sharp) parts.push(say("sharp"));
    if (this.under) parts.push(`${this.under[0]}, ${this.under[1]}: ${Number(this.under[2].toFixed(2))}`);
    return parts.join("   ");
  }

  draw_sequences() {
    const { names, name, here } = this.stage;
    const wanted = names.length > 1 ? names : [];
    if (!this.anew("sequences", wanted, name, here.sequence)) return;
    this.sequences.replaceChildren(...wanted.map((one, number) => {
      const button = element("button", "", { type: "button", tabIndex: -1 });
      button.append(element("kbd", String(number + 1)), ` ${one}${one === here.sequence ? " ●" : ""}`);
      button.setAttribute("aria-pressed", one === name);
      button.addEventListener("click", () => this.stage.sequence(number));
      return button;
    }));
  }

  // One tick for each slice, the lowest position at the bottom.
  draw_slices() {
    const { here, at, looked, token } = this.stage;
    if (!this.anew("slices", token, here.slices.length, here.at, at, looked.slices.size)) return;
    const ticks = here.slices.length > 1 ? here.slices.map((_, place) => {
      const tick = document.createElement("i");
      tick.classList.toggle("asked", place === here.at);
      tick.classList.toggle("shown", place === at);
      tick.classList.toggle("seen", looked.slices.has(place));
      return tick;
    }) : [];
    this.slices.replaceChildren(...ticks.reverse());
  }

  draw_scale() {
    const scale = this.stage.active && this.stage.active.scale(this.stage.view);
    this.scale.hidden = !scale;
    if (!scale) return;
    const most = this.stage.active.box.clientWidth * 0.22, length = LENGTHS_MM.filter((mm) => mm * scale <= most).pop() || LENGTHS_MM[0];
    this.scale.style.width = `${length * scale}px`;
    this.scale.firstElementChild.textContent = `${length} mm`;
  }
}
