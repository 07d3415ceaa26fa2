// Images as they came from the server: fetched ahead, kept while near, windowed by a look-up table.

const KEPT = 320 * 1024 * 1024; // bytes
const TYPES = { uint16: Uint16Array, int16: Int16Array, float32: Float32Array };
const FIRST = { uint16: 0, int16: -32768 }; // the value of the look-up table's first entry

export class Planes {
  constructor(get) { this.get = get; this.known = new Map(); this.size = 0; }

  // The plane if it is here now, else undefined.
  ready(token) { const found = this.known.get(token); return found && found.plane; }

  // A promise of the plane; a failed one is forgotten, so that it can be asked for again.
  fetch(token) {
    let found = this.known.get(token);
    if (!found) {
      found = { plane: null };
      found.promise = this.get(`/api/pixels/${token}`).then(decode)
        .then((plane) => { found.plane = plane; this.keep(token); return plane; })
        .catch((fault) => { this.known.delete(token); throw fault; });
      this.known.set(token, found);
    }
    return found.promise;
  }

  // Move to the newest end, and drop the oldest beyond the limit.
  keep(token) {
    this.size = 0;
    const found = this.known.get(token);
    this.known.delete(token);
    this.known.set(token, found);
    for (const one of this.known.values()) this.size += one.plane ? one.plane.values.byteLength : 0;
    for (const [old, one] of this.known) {
      if (this.size <= KEPT || old === token) break;
      if (one.plane) { this.size -= one.plane.values.byteLength; this.known.delete(old); }
    }
  }
}

async function decode(response) {
  const numbers = (name) => response.headers.get(name).split(",").map(Number);
  const type = response.headers.get("X-Type"), buffer = await response.arrayBuffer();
  const [height, width] = numbers("X-Shape"), [rows, columns] = numbers("X-Spacing");
  return {
    type, height, width, values: new TYPES[type](buffer), unit: response.headers.get("X-Unit"), range: numbers("X-Range"),
    first: numbers("X-Window"), spacing: rows > 0 && columns > 0 ? [rows, columns] : null,
  };
}

// Grey 0 to 255 of a value: linear between centre ± width / 2, halves rounded up (DICOM PS3.3 C.11.2.1.3.2).
export function grey(value, centre, width) {
  return Math.floor(Math.min(1, Math.max(0, (value - centre) / width + 0.5)) * 255 + 0.5);
}

const table = new Uint32Array(65536);

// Paint a plane into 32-bit pixels; `negative` shows black for white.
export function paint(plane, [centre, width], negative, out) {
  const values = plane.values, count = values.length, turn = negative ? 255 : 0;
  const colour = (value) => {
    const level = grey(value, centre, width) ^ turn;
    return (0xff000000 | (level << 16) | (level << 8) | level) >>> 0;
  };
  if (plane.type === "float32") {
    for (let i = 0; i < count; i++) out[i] = colour(values[i]);
    return;
  }
  const first = FIRST[plane.type], [low, high] = plane.range;
  for (let value = low; value <= high; value++) table[value - first] = colour(value);
  for (let i = 0; i < count; i++) out[i] = table[values[i] - first];
}

// The windows of an image by name; those in Hounsfield units are the usual ones, the others follow the image's own range.
export function windows(plane) {
  const [centre, width] = plane.first, [low, high] = plane.range, full = [(low + high) / 2, Math.max(high - low, width * 1e-3)];
  if (plane.unit === "hu") {
    return { soft: plane.first, brain: [40, 80], lung: [-600, 1500], bone: [400, 1800], full };
  }
  return { auto: plane.first, narrow: [centre, width / 2], wide: [centre, width * 1.6], full };
}
