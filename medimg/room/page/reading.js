// One reader's way through the images: an answer, its receipt, the next image. Nothing moves on before the receipt.

import { Clock } from "./clock.js";
import { sleep } from "./keeper.js";
import { Rest } from "./rest.js";
import { say } from "./words.js";

const DEAD_MS = 150; // answers are not taken for so long after an image appears: it was not seen yet
const SURE = ["certain", "probable", "guess"];
const DAY_MS = 86400000;

export class Reading {
  constructor(net, keeper, stage, panel, state) {
    Object.assign(this, { net, keeper, stage, panel, state, clock: new Clock(), rest: new Rest(this) });
    Object.assign(this, { busy: true, asked: null, shown: null, sure: "" });
  }

  // Take over what the server says of the reader's work, and show the image it asks for.
  async advance(place) {
    const flagged = Boolean(place.current && place.current.flagged);
    Object.assign(this, { place, flagged, busy: true, asked: null, shown: null, sure: "" });
    this.keeper.after = this.rest.fresh = null;
    this.panel.alarm();
    this.panel.mark();
    this.panel.show_model(place.current && place.current.model);
    this.panel.follow(place);
    this.panel.press("", this.flagged);
    if (!place.current) return this.rest.begin(place);
    this.panel.rest_with(null);
    try {
      await this.stage.show(place.current.token);
    } catch (fault) {
      return this.unseen(fault);
    }
    this.clock.start();
    this.awake = performance.now() + DEAD_MS;
    this.busy = false;
    this.stage.ahead(place.next);
    this.opening = this.open(place.current);
  }

  // Tell that the image is open: this window is now the one that writes.
  async open({ token, round }) {
    const act = this.net.act("view_open", { item: token, round });
    for (let tries = 0; tries < 5; tries++) {
      try { return await this.net.post(act); } catch (fault) { if (fault.code !== "net") return; }
      await sleep(1000);
    }
  }

  // Everything once more, in another language.
  retell() {
    this.panel.follow(this.rest.fresh || this.place);
    this.panel.press(this.sure, this.flagged);
    this.panel.tell();
    if (this.asked) this.ask();
    if (this.shown) this.reveal(this.shown);
    else if (this.place.current) this.panel.show_model(this.place.current.model);
    else this.rest.tell();
    this.stage.draw();
  }

  // An image that cannot be shown: left out by the server, or asked for again.
  async unseen(fault) {
    if (fault.code !== "unreadable") {
      this.panel.alarm("fault_net_read");
      await Promise.race([sleep(3000), this.keeper.enter()]);
    }
    await this.again();
    if (fault.code === "unreadable") this.panel.tell("unreadable");
  }

  async again() { await this.advance((await this.keeper.state()).place); }

  // An act on the image that is asked for; true when it was kept, otherwise the list was read again.
  async keep(kind, fields, what) {
    const { token, round } = this.place.current;
    const told = { item: token, round, dwell_ms: Math.min(this.clock.ms(), DAY_MS), view: this.stage.record() };
    return this.post(this.net.act(kind, { ...told, ...fields }), what);
  }

  async post(act, what) {
    this.busy = true;
    await Promise.race([this.opening, sleep(1000)]); // the image was opened before it is answered, also in the record
    const reply = await this.keeper.keep(act, what);
    this.busy = false;
    if (!reply) await this.again();
    return reply;
  }

  get ready() { return !this.busy && !this.shown && Boolean(this.place.current) && performance.now() >= this.awake; }

  // Where the model is shown after the answer, a slip of the finger must not become the first answer.
  get asks() { return this.state.confidence === "ask" || ["after", "random_half"].includes(this.state.mode); }

  async answer(name) {
    if (this.shown) return this.revise(name);
    if (!this.ready) return;
    this.asked = name;
    this.panel.mark(name, "waits");
    return this.asks && !this.sure ? this.ask() : this.confirm();
  }

  ask() {
    this.panel.mark(this.asked, "waits");
    this.panel.tell("ask_confidence", { label: this.asked }, true);
  }

  async confirm() {
    const name = this.asked, start = performance.now();
    this.asked = null;
    const reply = await this.keep(this.state.third ? "adjudicate" : "label", { value: name, confidence: this.sure }, name);
    if (!reply) return;
    this.panel.tell("saved");
    if (reply.model) return this.reveal({ name, model: reply.model, place: reply.place, at: this.place.current });
    await this.advance(reply.place);
    requestAnimationFrame(() => performance.measure("next image", { start }));
  }

  choose_sure(place) {
    if (this.state.confidence === "off" && !this.asked) return;
    this.sure = this.sure === SURE[place] ? "" : SURE[place];
    this.panel.press(this.sure, this.flagged);
    if (this.asked && this.sure) this.confirm();
  }

  // Take back an answer that still waits for its second key.
  forget() {
    this.asked = null;
    this.panel.mark();
    this.panel.tell();
  }

  // The model's answer beside one that is kept: Enter goes on, a class key changes it.
  reveal(shown) {
    this.shown = shown;
    this.panel.mark(shown.name, "kept");
    this.panel.show_model(shown.model, say("reveal_note", { label: shown.name }));
  }

  async revise(name) {
    const { name: first, place, at } = this.shown;
    if (this.busy) return;
    if (name !== first) {
      const reply = await this.post(this.net.act("revise_after_reveal", { item: at.token, round: at.round, value: name }), name);
      if (!reply) return;
      this.panel.tell("saved");
    }
    await this.advance(place);
  }

  async skip(reason) {
    const reply = reason && this.ready && await this.keep("skip", { reason }, say(reason));
    if (!reply) return;
    this.panel.tell("skipped_now");
    await this.advance(reply.place);
  }

  async undo() {
    const { last, current, round } = this.place;
    if (this.asked) return this.forget();
    if (this.busy || this.shown) return;
    if (!last) return this.panel.tell("nothing_to_undo");
    if (last.model) return this.reopen(last);
    const act = this.net.act("undo", { item: last.token, round: last.round, supersedes: last.seq });
    const reply = await this.post(act, say("undo"));
    if (!reply) return;
    await this.advance(reply.place);
    const trained = last.round !== null && (last.round !== round.number || round.state !== "labelling");
    this.panel.tell(trained ? "trained_on" : "undone");
  }

  // An answer after which the model was shown is not taken back, but may be changed.
  async reopen(last) {
    this.busy = true;
    this.panel.rest_with(null);
    await this.stage.show(last.token).catch(() => {});
    this.busy = false;
    this.reveal({ name: last.value, model: last.model, place: this.place, at: last });
  }

  async flag() {
    if (!this.ready) return;
    this.flagged = !this.flagged;
    if (await this.keep("flag", { value: this.flagged ? "1" : "" }, say("flag"))) {
      this.panel.press(this.sure, this.flagged);
      this.panel.tell("noted");
    }
  }

  async comment(text) {
    if (text && await this.keep("comment", { value: text }, say("comment"))) this.panel.tell("noted");
  }

  // Enter: the second key left open, or on from the model's answer, or on to images that have come.
  go() {
    if (this.keeper.entered() || this.busy) return;
    if (this.asked) return this.confirm();
    if (this.shown) return this.advance(this.shown.place);
    if (this.rest.fresh) return this.advance(this.rest.fresh);
  }
}
