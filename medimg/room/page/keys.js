// Every action has a key, the same on every keyboard layout and with an input method switched on.

const PLAIN = {
  u: "undo", s: "skip", f: "flag", c: "comment", q: "preset_back", w: "preset_on", r: "reset", n: "negative", i: "sharp", h: "bare",
  v: "beside", p: "pause", Backspace: "undo", Escape: "pause", "?": "help", F1: "help", "+": "larger", "=": "larger", "-": "smaller",
  "0": "fit", " ": "home", Enter: "go", ArrowUp: "slice_up", ArrowDown: "slice_down", PageUp: "slices_up", PageDown: "slices_down",
};
const SHIFTED = { ArrowUp: "brighter", ArrowDown: "darker", ArrowLeft: "narrower", ArrowRight: "wider" };
const HELD = { ArrowUp: "pan_up", ArrowDown: "pan_down", ArrowLeft: "pan_left", ArrowRight: "pan_right" };
const AGAIN = new Set([
  "slice_up", "slice_down", "slices_up", "slices_down", "larger", "smaller", "brighter", "darker", "narrower", "wider",
  "pan_up", "pan_down", "pan_left", "pan_right",
]); // the only actions that a held key repeats

// The letter, digit or name of the key that was pressed, also where the layout has no Latin letters or writes digits with Shift.
export function key_of(event) {
  if (/^[a-z]$/i.test(event.key)) return event.key.toLowerCase();
  if (event.key !== "Process" && event.key.length !== 1) return event.key; // a name: without NumLock the 8 beside is an arrow
  const letter = /^Key([A-Z])$/.exec(event.code), digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  if (letter) return letter[1].toLowerCase();
  if (digit && !event.shiftKey && !/^[-+=?]$/.test(event.key)) return digit[1];
  return event.key;
}

// What a key press asks for: {name, value}, or null. `letters`: class keys -> class names.
export function action(event, letters) {
  if (event.altKey || event.metaKey) return null;
  const key = key_of(event);
  const held = event.ctrlKey ? HELD[key] : event.shiftKey ? SHIFTED[key] : null;
  if (held) return { name: held };
  if (event.ctrlKey) return null;
  const found = letters[key] ? { name: "class", value: letters[key] }
    : /^[1-6]$/.test(key) ? { name: "sequence", value: Number(key) - 1 }
    : /^[789]$/.test(key) ? { name: "sure", value: Number(key) - 7 }
    : PLAIN[key] ? { name: PLAIN[key] } : null;
  return found && event.repeat && !AGAIN.has(found.name) ? { name: "held" } : found;
}

// Rows of the help: [keys, word of the text].
export const HELP = {
  help_answer: [
    ["U / ⌫", "key_undo"], ["S", "key_skip"], ["F", "key_flag"], ["C", "key_comment"], ["7 8 9", "key_confidence"],
    ["Esc / P", "key_pause"], ["? / F1", "key_help"],
  ],
  help_look: [
    ["↑ ↓", "key_slices"], ["Space", "key_home"], ["1 … 6", "key_sequences"], ["V", "key_beside"], ["Q W", "key_presets"],
    ["Shift ↑ ↓ ← →", "key_level"], ["+ − 0", "key_zoom"], ["Ctrl ↑ ↓ ← →", "key_pan"], ["R", "key_reset"], ["N", "key_negative"],
    ["I", "key_sharp"], ["H", "key_hide"],
  ],
  help_mouse: [["", "mouse_window"], ["", "mouse_pan"], ["", "mouse_zoom"], ["", "mouse_wheel"]],
};
