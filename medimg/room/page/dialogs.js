// Windows over the image. Each is a promise of what was chosen; Esc chooses nothing.

import { HELP, key_of } from "./keys.js";
import { element, say } from "./words.js";

const get = (name) => document.getElementById(name);

// Open a dialog until it is closed; gives what `close(value)` was called with, "" for Esc.
function open(name) {
  const dialog = get(name);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { get("stage").focus(); resolve(dialog.returnValue); }, { once: true });
  });
}

export const opened = () => document.querySelector("dialog[open]");

function pairs(rows) {
  const list = document.createElement("dl");
  for (const [keys, text] of rows) {
    const term = document.createElement("dt");
    for (const key of keys.split(" ").filter(Boolean)) term.append(/^[A-Za-z0-9?⌫↑↓←→+−]+$/.test(key) ? element("kbd", key) : key);
    list.append(term, element("dd", text));
  }
  return list;
}

const class_rows = (state) => state.classes.map(({ name, key }) => [key.toUpperCase() || "Tab", say("key_class", { label: name })]);

export function intro(state) {
  const total = state.place.progress.total - state.place.progress.done;
  get("intro").querySelector("h1").textContent = say("welcome", { reader: state.reader });
  get("intro_task").textContent = say(state.third ? "intro_third" : state.unit === "patient" ? "intro_patient" : "intro_task", { total });
  get("intro_question").textContent = state.question;
  get("intro_mode").textContent = say(`mode_${state.mode}`);
  get("intro_keys").replaceChildren(pairs([...class_rows(state), ["U", say("key_undo")], ["S", say("key_skip")], ["?", say("key_help")]]));
  return open("intro");
}

export function help(state) {
  get("key_table").replaceChildren(...Object.entries(HELP).map(([title, rows]) => {
    const part = document.createElement("section"), own = title === "help_answer" ? class_rows(state) : [];
    part.append(element("h2", say(title)), pairs([...own, ...rows.map(([keys, word]) => [keys, say(word)])]));
    return part;
  }));
  return open("keys");
}

export function why(reasons) {
  get("reasons").replaceChildren(...reasons.map((reason, place) => {
    const button = element("button", "", { type: "button", autofocus: place === 0 });
    button.append(element("kbd", String(place + 1)), ` ${say(reason)}`);
    button.addEventListener("click", () => get("why").close(reason));
    return button;
  }));
  return open("why");
}

export async function comment() {
  const text = get("note_text");
  text.value = "";
  const chosen = await open("note");
  return chosen === "keep" ? text.value.trim() : "";
}

export const pause = () => open("rest_now");

// Keys inside the dialogs that a browser does not know by itself.
export function listen() {
  get("note_text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); get("note").close("keep"); }
  });
  get("why").addEventListener("keydown", (event) => {
    const buttons = [...get("reasons").children], key = key_of(event), digit = /^[1-9]$/.test(key) ? Number(key) : 0;
    const at = buttons.indexOf(document.activeElement), step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (digit && buttons[digit - 1] && !event.repeat) buttons[digit - 1].click();
    if (step) { event.preventDefault(); buttons[(at + step + buttons.length) % buttons.length].focus(); }
  });
}
