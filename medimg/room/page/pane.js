// One image on the screen: canvas pixels are the image's own, the zoom is a transform of the canvas.

import { paint } from "./planes.js";

export class Pane {
  constructor(panes) {
    this.box = document.createElement("div");
    this.box.className = "pane";
    this.canvas = document.createElement("canvas");
    this.note = document.createElement("p");
    this.box.append(this.canvas, this.note);
    panes.append(this.box);
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.plane = null;
    this.window = null;
    this.negative = false;
  }

  // Show a plane (or a note in its place) in a window [centre, width] and a view {zoom, x, y}.
  show(plane, window, negative, view, note = "") {
    this.note.textContent = note;
    this.canvas.hidden = !plane;
    const new_plane = plane !== this.plane;
    if (plane && (new_plane || negative !== this.negative || String(window) !== String(this.window))) {
      if (new_plane) {
        this.canvas.width = plane.width;
        this.canvas.height = plane.height;
        this.data = this.context.createImageData(plane.width, plane.height);
        this.pixels = new Uint32Array(this.data.data.buffer);
      }
      paint(plane, window, negative, this.pixels);
      this.context.putImageData(this.data, 0, 0);
    }
    Object.assign(this, { plane, window, negative });
    this.place(view);
  }

  // The size in CSS pixels at which the whole image fits, spacing respected: [width of a pixel, height of a pixel].
  fit() {
    const [rows, columns] = this.plane.spacing || [1, 1], tall = rows / columns;
    const scale = Math.min(this.box.clientWidth / this.plane.width, this.box.clientHeight / (this.plane.height * tall));
    return [scale, scale * tall];
  }

  place(view) {
    if (!this.plane) return;
    const { zoom, x, y } = view;
    const [across, down] = this.fit();
    this.canvas.style.transform = `translate(-50%, -50%) translate(${x}px, ${y}px) scale(${across * zoom}, ${down * zoom})`;
  }

  // Which pixel lies under a point of the window: [column, row, value], or null outside.
  at(clientX, clientY, { zoom, x, y }) {
    if (!this.plane) return null;
    const box = this.box.getBoundingClientRect(), [across, down] = this.fit();
    const column = Math.floor((clientX - box.left - box.width / 2 - x) / (across * zoom) + this.plane.width / 2);
    const row = Math.floor((clientY - box.top - box.height / 2 - y) / (down * zoom) + this.plane.height / 2);
    if (column < 0 || row < 0 || column >= this.plane.width || row >= this.plane.height) return null;
    return [column, row, this.plane.values[row * this.plane.width + column]];
  }

  // CSS pixels per millimetre across, or null where the spacing is not known.
  scale({ zoom }) { return this.plane && this.plane.spacing ? (this.fit()[0] * zoom) / this.plane.spacing[1] : null; }
}
