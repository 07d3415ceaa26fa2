// Keeps an act: posts it until the server says that it is on the disk, with the same key each time, and says so while it is not.

import { Fault } from "./net.js";

const WAITS_MS = [500, 1000, 2000, 5000];
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Keeper {
  constructor(net, panel) {
    this.net = net;
    this.panel = panel;
    this.after = null; // what the next Enter does
  }

  // A promise of the next Enter.
  enter() { return new Promise((resolve) => { this.after = resolve; }); }

  entered() {
    const then = this.after;
    this.after = null;
    if (then) then();
    return Boolean(then);
  }

  // The server's reply; null where this window may not write, or the list has changed: then it is to be read again.
  async keep(act, what, address) {
    this.panel.tell("saving", {}, true);
    for (let tries = 0; ; tries++) {
      try {
        const reply = await this.net.post(act, address);
        this.panel.alarm();
        this.after = null;
        return reply;
      } catch (fault) {
        if (!(fault instanceof Fault)) throw fault;
        this.panel.tell();
        if (!(await this.wait(fault, what, tries))) return null;
      }
    }
  }

  // Wait for what may mend it; false where posting again is of no use.
  async wait(fault, what, tries) {
    if (fault.code === "net") {
      this.panel.alarm(tries < WAITS_MS.length ? "fault_net" : "fault_gone", { what });
      await Promise.race([sleep(WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]), this.enter()]);
      return true;
    }
    if (fault.status === 507) {
      this.panel.alarm("fault_full", { what });
      await this.enter();
      return true;
    }
    const words = { 401: "fault_session", 409: fault.code === "tab" ? "fault_tab" : "fault_moved" };
    this.panel.alarm(words[fault.status] || "fault_other", { what, code: `${fault.status} ${fault.code}` });
    await this.enter();
    if (fault.status === 401) location.reload();
    return false;
  }

  // The state as the server knows it, asked for until it answers.
  async state() {
    for (;;) {
      try {
        const state = await this.net.json("/api/state");
        this.net.csrf = state.csrf;
        return state;
      } catch (fault) {
        this.panel.alarm(fault.status === 401 ? "fault_session" : "fault_net_read");
        await (fault.status === 401 ? this.enter().then(() => location.reload()) : Promise.race([sleep(2000), this.enter()]));
      }
    }
  }
}
