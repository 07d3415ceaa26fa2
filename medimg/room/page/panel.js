// The lines around the image: progress, what is kept, buttons, banners.

import { element, say } from "./words.js";

const SURE = ["certain", "probable", "guess"];
const ACTIONS = [["undo", "U"], ["skip", "S"], ["flag", "F"], ["comment", "C"]];

export class Panel {
  // `act(name, value)` is called for every button.
  constructor(act) {
    this.act = act;
    const above = ["progress", "pace", "status", "badge", "meter", "meter_done", "fault"];
    const below = ["reveal", "question", "classes", "sure", "actions", "rest"];
    for (const name of [...above, ...below]) this[name] = document.getElementById(name);
    for (const name of ["language", "help", "pause"]) this.on(document.getElementById(name), name);
  }

  on(button, name, value) {
    button.addEventListener("click", () => { document.getElementById("stage").focus(); this.act(name, value); });
    return button;
  }

  button(key, text, name, value) {
    const made = element("button", "", { type: "button" });
    if (key) made.append(element("kbd", key), " ");
    made.append(text);
    made.dataset.name = value === undefined ? name : String(value);
    return this.on(made, name, value);
  }

  build(state) {
    this.state = state;
    document.title = say("title");
    this.badge.textContent = say(`badge_${state.mode}`);
    this.badge.classList.toggle("seen", state.mode !== "never");
    this.question.textContent = state.question;
    this.classes.setAttribute("aria-label", say("your_answer"));
    this.classes.replaceChildren(...state.classes.map(({ name, key }) => this.button(key.toUpperCase(), name, "class", name)));
    const sure = state.confidence === "off" ? [] : [element("span", say("confidence")),
      ...SURE.map((word, place) => this.button(String(place + 7), say(word), "sure", place))];
    this.sure.setAttribute("aria-label", say("confidence"));
    this.sure.replaceChildren(...sure);
    const actions = ACTIONS.filter(([name]) => !(state.third && name === "skip"));
    this.actions.replaceChildren(...actions.map(([name, key]) => this.button(key, say(name), name)));
  }

  // How far the reader is; `spent` is the time on the open image.
  follow(place, spent = 0) {
    const { done, total, skipped, median_ms, spent_ms } = place.progress;
    this.progress.textContent = say("progress", { done, total });
    this.meter_done.style.width = `${total ? (100 * done) / total : 0}%`;
    this.meter.setAttribute("aria-valuemax", total);
    this.meter.setAttribute("aria-valuenow", done);
    this.meter.setAttribute("aria-label", this.progress.textContent);
    const parts = [];
    if (skipped) parts.push(say("skipped", { count: skipped }));
    const read = Math.round((spent_ms + spent) / 60000);
    if (read) parts.push(say("elapsed", { count: read }));
    if (median_ms) {
      const left = Math.round((median_ms * (total - done)) / 60000);
      parts.push(say("per_image", { count: (median_ms / 1000).toFixed(1) }));
      if (total > done) parts.push(left ? say("left_min", { count: left }) : say("left_short"));
    }
    this.pace.textContent = parts.join(" · ");
  }

  tell(word, values, busy = false) {
    this.status.textContent = word ? say(word, values) : "";
    this.status.classList.toggle("busy", busy);
  }

  // A banner that stays until it is taken away.
  alarm(word, values) {
    this.fault.hidden = !word;
    this.fault.textContent = word ? say(word, values) : "";
  }

  mark(name, kind) {
    for (const button of this.classes.children) {
      button.classList.toggle("waits", kind === "waits" && button.dataset.name === name);
      button.classList.toggle("kept", kind === "kept" && button.dataset.name === name);
    }
  }

  press(sure, flagged) {
    for (const button of this.sure.querySelectorAll("button")) button.setAttribute("aria-pressed", SURE[button.dataset.name] === sure);
    this.actions.querySelector("[data-name=flag]").setAttribute("aria-pressed", flagged);
  }

  // What the model says, on a line of its own; `note` says what may be done.
  show_model(model, note = "") {
    this.reveal.hidden = !model;
    if (!model) return;
    const sorted = Object.entries(model).sort((one, other) => other[1] - one[1]);
    const said = sorted.map(([name, share]) => `${name} ${Math.round(100 * share)} %`).join(", ");
    this.reveal.textContent = `${say("model_says")}: ${said}. ${note}`;
  }

  // In the place of an image; null takes it away.
  rest_with(title, text = "", more = "") {
    this.rest.hidden = title === null;
    if (title === null) return;
    this.rest.querySelector("h1").textContent = title;
    this.rest.querySelector("p").textContent = text;
    document.getElementById("rest_more").textContent = more;
  }
}
