// While there is nothing to read: says so, and looks whether new images have come or the program has ended.

import { say } from "./words.js";

export class Rest {
  constructor(reading) { Object.assign(this, { reading, fresh: null, lost: null }); }

  begin(place) {
    this.reading.stage.clear();
    this.reading.place = place;
    this.reading.busy = false;
    this.tell();
  }

  // What stands in the place of an image.
  tell() {
    const { place, panel, state } = this.reading, { done, total } = (this.fresh || place).progress;
    const task = state.unit === "patient" ? "intro_patient" : "intro_task";
    if (this.fresh) return panel.rest_with(say("more_title"), say(task, { total: total - done }), "Enter");
    const training = ["closed", "trained"].includes((place.round || {}).state);
    panel.rest_with(say("done_title"), say("done_note", { done }), training ? say("done_training") : "");
  }

  get over() { return this.reading.busy || Boolean(this.reading.place.current) || Boolean(this.reading.shown); }

  // Ask the server, until there is something new.
  async look() {
    const { net, panel } = this.reading;
    if (this.over || this.fresh) return;
    const state = await net.json("/api/state").catch((fault) => { this.lost = fault; });
    if (this.over) return;
    if (!state) return panel.alarm(this.lost.status === 401 ? "fault_session" : "fault_ended");
    if (this.lost) panel.alarm();
    this.lost = null;
    net.csrf = state.csrf;
    this.reading.place = { ...state.place, current: null };
    this.fresh = state.place.current ? state.place : null;
    panel.follow(state.place);
    this.tell();
  }
}
