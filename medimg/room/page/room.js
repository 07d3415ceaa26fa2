// The reading room: puts its parts together, and says what each key does.

import * as dialogs from "./dialogs.js";
import { action } from "./keys.js";
import { Keeper } from "./keeper.js";
import { Net } from "./net.js";
import { Panel } from "./panel.js";
import { listen } from "./pointer.js";
import { Reading } from "./reading.js";
import { Stage } from "./stage.js";
import { learn, turn } from "./words.js";

const LOOK_MS = 3000;
const net = new Net(), stage = new Stage(net);
let reading = null, state = null;

const panel = new Panel((name, value) => perform(name, value));
const keeper = new Keeper(net, panel);

const LOOK = {
  preset_back: () => stage.change_preset(-1), preset_on: () => stage.change_preset(1), reset: () => stage.reset(), fit: () => stage.fit(),
  negative: () => stage.turn_negative(), sharp: () => stage.turn_sharp(), bare: () => stage.turn_bare(), beside: () => stage.turn_beside(),
  larger: () => stage.zoom(1.2), smaller: () => stage.zoom(1 / 1.2), home: () => stage.go_home(),
  slice_up: () => stage.step(1), slice_down: () => stage.step(-1), slices_up: () => stage.step(5), slices_down: () => stage.step(-5),
  brighter: () => stage.change_window(0, -0.04), darker: () => stage.change_window(0, 0.04),
  narrower: () => stage.change_window(-0.08, 0), wider: () => stage.change_window(0.08, 0),
  pan_up: () => stage.pan(0, -40), pan_down: () => stage.pan(0, 40), pan_left: () => stage.pan(-40, 0), pan_right: () => stage.pan(40, 0),
  sequence: (number) => stage.sequence(number),
};
const DO = {
  class: (name) => reading.answer(name), sure: (place) => reading.choose_sure(place),
  undo: () => reading.undo(), flag: () => reading.flag(), go: () => reading.go(),
  skip: async () => { if (!state.third && reading.ready) reading.skip(await dialogs.why(state.reasons)); },
  comment: async () => { if (reading.ready) reading.comment(await dialogs.comment()); },
  help: () => dialogs.help(state),
  pause: () => (reading.asked ? reading.forget() : pause()),
  language: () => { turn(); panel.build(state); reading.retell(); },
};

function perform(name, value) {
  if (!reading) return;
  if (LOOK[name]) { if (stage.token) LOOK[name](value); } else if (DO[name]) DO[name](value);
}

async function pause() {
  reading.clock.stop();
  const tell = (kind) => net.post(net.act(kind), "/api/pause").catch(() => {}); // a mark in the record: nothing waits for it
  tell("pause");
  await dialogs.pause();
  tell("resume");
  reading.clock.go();
}

addEventListener("keydown", (event) => {
  if (!reading && event.key === "Enter") keeper.entered();
  if (!reading || dialogs.opened()) return;
  if (event.target.tagName === "BUTTON" && [" ", "Enter"].includes(event.key)) return;
  const letters = Object.fromEntries(state.classes.filter(({ key }) => key).map(({ name, key }) => [key, name]));
  const found = action(event, letters);
  if (!found) return;
  event.preventDefault();
  perform(found.name, found.value);
});

async function begin() {
  state = await keeper.state();
  learn(state.words, state.language);
  panel.build(state);
  panel.follow(state.place);
  stage.unit = state.unit;
  dialogs.listen();
  listen(stage);
  const first = state.place.current;
  if (first) stage.planes.fetch(first.token).catch(() => {});
  if (!sessionStorage.getItem("begun")) await dialogs.intro(state);
  sessionStorage.setItem("begun", "1");
  document.getElementById("stage").focus();
  reading = new Reading(net, keeper, stage, panel, state);
  await reading.advance(state.place);
  setInterval(() => reading.rest.look(), LOOK_MS);
  setInterval(() => panel.follow(reading.place, reading.place.current ? reading.clock.ms() : 0), 5000);
}

begin();
