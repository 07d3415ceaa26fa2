// Talking with the server: an answer counts only when the server says that it is on the disk.

export class Fault extends Error {
  constructor(status, code) { super(code); this.status = status; this.code = code; }
}

export class Net {
  constructor() {
    this.csrf = "";
    this.tab = crypto.randomUUID();
  }

  async get(address) { return check(await reach(address, {})); }

  async json(address) { return (await this.get(address)).json(); }

  // A record of an act. Its key is made once, so that posting it again is harmless.
  act(kind, fields = {}) {
    return { client_key: crypto.randomUUID(), tab: this.tab, kind, mono_ms: Math.round(performance.now()), ...fields };
  }

  async post(act, address = "/api/event") {
    const headers = { "Content-Type": "application/json", "X-CSRF": this.csrf };
    const response = await reach(address, { method: "POST", headers, body: JSON.stringify(act) });
    return (await check(response)).json();
  }
}

async function reach(address, options) {
  try {
    return await fetch(address, { ...options, credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(20000) });
  } catch { throw new Fault(0, "net"); }
}

async function check(response) {
  if (response.ok) return response;
  let code = "other";
  try { code = (await response.json()).error || code; } catch { /* no JSON: the status says enough */ }
  throw new Fault(response.status, code);
}
