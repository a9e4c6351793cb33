// The logic of every panel: signs in, runs a template, follows the run, inserts and takes back. It knows no program and
// no page: what a program can do is handed in as `host` (see README.md), and `show` is called whenever the state changed.
"use strict";

(function (global) {
  const POLL = 1500;
  const TRIES = 4;
  const KEPT = 40;
  const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
  const AWAY = { what: "Inlay does not answer.", why: "", instead: "Check your connection, then try again." };
  const AGAIN = { what: "You are signed out.", why: "A sign-in lasts an hour.", instead: "Sign in again to go on." };

  class Problem extends Error {
    constructor(status, told) {
      super(told.what);
      this.status = status;
      this.told = told;
    }
  }

  function form(values) {
    const pairs = Object.entries(values).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return pairs.join("&");
  }

  function base64url(bytes) {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let text = "";
    for (let at = 0; at < bytes.length; at += 3) {
      const three = (bytes[at] << 16) | ((bytes[at + 1] || 0) << 8) | (bytes[at + 2] || 0);
      for (let part = 0; part < Math.min(4, bytes.length - at + 1); part += 1) {
        text += letters[(three >> (18 - 6 * part)) & 63];
      }
    }
    return text;
  }

  /** What a field holds, as an input of this kind wants it. */
  function as(kind, value) {
    if (typeof value !== "string") return value;
    if (kind === "list") return value.split("\n").map((one) => one.trim()).filter(Boolean);
    return (kind === "integer" || kind === "number") && value.trim() && !isNaN(value) ? Number(value) : value;
  }

  /** A text with one finding mended, or null when the place has changed since. */
  function mended(text, fix) {
    if (text.substr(fix.at, fix.old.length) === fix.old) {
      return text.slice(0, fix.at) + fix.new + text.slice(fix.at + fix.old.length);
    }
    const found = text.indexOf(fix.old);
    return found < 0 ? null : text.slice(0, found) + fix.new + text.slice(found + fix.old.length);
  }

  class Panel {
    constructor(host, config, show) {
      this.host = host;
      this.config = config;
      this.show = show;
      this.token = "";
      this.click = "";
      this.state = {
        screen: "starting", busy: "", note: null, said: "", code: null, me: null, team: "",
        template: null, values: {}, run: null, texts: {}, mended: {}, places: {}, thanked: false,
      };
    }

    /** Begin: signed in from before, or not. */
    async start() {
      const kept = await this.kept("token");
      this.state.places = (await this.kept("places")) || {};
      this.token = kept && kept.until > this.host.now() ? kept.token : "";
      return this.token ? this.guarded("", () => this.home()) : this.set({ screen: "sign-in" });
    }

    signIn() {
      return this.guarded("Signing in", async () => {
        const given = await (this.host.redirected ? this.redirect() : this.typed());
        if (given === null) return;
        this.token = given.access_token;
        await this.keep("token", { token: this.token, until: this.host.now() + given.expires_in * 1000 });
        this.set({ code: null, screen: "sign-in" });
        await this.home();
      });
    }

    async signOut() {
      await this.guarded("Signing out", () => this.call("POST", "leave", {}));
      await this.forget(null);
    }

    /** Stop waiting for a code to be typed. */
    giveUp() {
      this.set({ code: null, screen: "sign-in", busy: "" });
    }

    pick(name) {
      const template = this.state.me.templates.find((one) => one.name === name);
      const values = {};
      for (const spec of template.inputs) if (spec.default !== null) values[spec.name] = spec.default;
      this.click = "";
      this.set({ screen: "form", template, values, note: null, said: "" });
    }

    work(team) {
      return this.guarded("", () => this.home(team));
    }

    back() {
      return this.guarded("", () => this.home());
    }

    /** Run the picked template on what the design shows. */
    run() {
      const { template, values } = this.state;
      return this.guarded("Reading the design", async () => {
        const at = await this.host.document();
        const text = template.takes_text ? await this.host.readText() : "";
        const picture = template.picture === "none" ? null : await this.host.readPicture();
        if (template.picture === "required" && !picture) {
          throw new Problem(0, { what: "There is no picture to look at.", why: "This template works on what the design shows.", instead: "Open a page or document and try again." });
        }
        // The same click again, after no answer came, is the same run.
        this.click = this.click || base64url(this.host.random(12));
        const sent = { click: this.click, template: template.name, inputs: this.inputs(), program: this.host.program, document: at.id, title: at.title, text };
        if (picture) sent.picture = picture;
        this.set({ busy: "Starting" });
        const run = await this.call("POST", "runs", sent);
        this.click = "";
        await this.follow(run);
      });
    }

    open(id) {
      return this.guarded("Opening", async () => this.follow(await this.call("GET", `runs/${id}`)));
    }

    fix(piece, number) {
      const variant = this.state.run.variants.find((one) => one.piece === piece);
      const fix = variant.fixes[number];
      const texts = { ...this.state.texts };
      const done = { ...this.state.mended, [`${piece}#${number}`]: true };
      let changed = false;
      for (const one of [variant, ...variant.parts]) {
        const text = mended(this.text(one), one === variant ? fix : { ...fix, at: -1 });
        if (text !== null) { texts[one.piece] = text; changed = true; }
      }
      this.set({ texts, mended: done, said: changed ? "Fixed." : "That place has changed already." });
    }

    text(one) {
      const own = this.state.texts;
      return one.piece in own ? own[one.piece] : one.text;
    }

    insert(one) {
      return this.guarded("Inserting", async () => {
        const run = this.state.run;
        const words = this.text(one);
        const text = run.line ? `${run.line}\n${words}` : words;
        const place = await this.host.insertText(text);
        const at = await this.host.document();
        await this.remember(one.piece, { place, text, at: this.host.now() });
        await this.tell(run, one.piece, words, Boolean(run.line), at);
        this.set({ said: "Inserted." });
      });
    }

    undo(piece) {
      return this.guarded("Taking it back", async () => {
        const kept = this.state.places[piece];
        if (!(await this.host.removeText(kept.place, kept.text))) {
          throw new Problem(0, { what: "It was not taken back.", why: "The text is gone, or somebody has changed it since.", instead: "Change it by hand." });
        }
        await this.remember(piece, null);
        this.took(await this.call("POST", `runs/${this.state.run.id}/removed`, { marker: piece }));
        this.set({ said: "Taken back." });
      });
    }

    /** The review came after the text: take its line out. */
    clear(one) {
      return this.guarded("Taking the line out", async () => {
        const kept = this.state.places[one.piece];
        const text = kept.text.slice(kept.text.indexOf("\n") + 1);
        if (!(await this.host.changeText(kept.place, kept.text, text))) {
          throw new Problem(0, { what: "The line is still there.", why: "The text is gone, or somebody has changed it since.", instead: "Take the line out by hand." });
        }
        await this.remember(one.piece, { ...kept, text });
        await this.tell(this.state.run, one.piece, text, false, await this.host.document());
        this.set({ said: "Reviewed: the line is gone." });
      });
    }

    feedback(tag) {
      return this.guarded("", async () => {
        await this.call("POST", `runs/${this.state.run.id}/feedback`, { tag });
        this.set({ thanked: true, said: "Thank you." });
      });
    }

    cancel() {
      return this.guarded("Stopping", async () => this.took(await this.call("POST", `runs/${this.state.run.id}/cancel`, {})));
    }

    // What the panel does for itself.

    set(changed) {
      Object.assign(this.state, changed);
      this.show(this.state);
    }

    async guarded(busy, act) {
      this.set({ busy, note: null, said: "" });
      try {
        await act();
        this.set({ busy: "" });
      } catch (error) {
        if (error instanceof Problem && error.status === 401 && this.state.screen !== "sign-in") return this.forget(AGAIN);
        const told = error instanceof Problem ? error.told : { what: String(error.message || error), why: "", instead: "Try again." };
        this.set({ busy: "", note: told });
      }
    }

    async home(team) {
      if (team !== undefined) this.state.team = team;
      const me = await this.call("GET", "me");
      this.set({ screen: "home", me, team: me.team, run: null, template: null });
    }

    async follow(run) {
      this.took(run);
      this.set({ screen: "run", texts: {}, mended: {}, thanked: false, busy: "" });
      for (let failed = 0; this.state.run && this.state.run.id === run.id && this.state.run.moving; ) {
        await this.host.wait(POLL * (failed + 1));
        try {
          const now = await this.call("GET", `runs/${run.id}`);
          failed = 0;
          if (this.state.run && this.state.run.id === run.id) this.took(now);
        } catch (error) {
          failed += 1;
          if (error.status === 401 || failed >= TRIES) throw error;
        }
      }
    }

    took(run) {
      this.set({ run });
    }

    async tell(run, piece, text, marked, at) {
      this.took(await this.call("POST", `runs/${run.id}/placed`, { piece, program: this.host.program, document: at.id, marked, text }));
    }

    inputs() {
      const found = {};
      for (const spec of this.state.template.inputs) {
        const value = this.state.values[spec.name];
        const sent = as(spec.kind, value);
        if (sent !== undefined && sent !== "" && !(Array.isArray(sent) && !sent.length)) found[spec.name] = sent;
      }
      return found;
    }

    async redirect() {
      const verifier = base64url(this.host.random(32));
      const challenge = base64url(await this.host.sha256(verifier));
      const { code, redirectUri } = await this.host.authorize({ url: `${this.config.url}/authorize`, clientId: this.config.client, challenge });
      return this.grant({ grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier });
    }

    /** RFC 8628: show a code, open the page, ask until it was typed. */
    async typed() {
      const begun = await this.sent("device", {});
      this.set({ screen: "code", busy: "", code: { shown: begun.user_code, page: begun.verification_uri, whole: begun.verification_uri_complete } });
      await this.host.openPage(begun.verification_uri_complete);
      let interval = begun.interval;
      const until = this.host.now() + begun.expires_in * 1000;
      while (this.state.code && this.state.code.shown === begun.user_code && this.host.now() < until) {
        await this.host.wait(interval * 1000);
        if (!this.state.code) return null;
        try {
          return await this.grant({ grant_type: DEVICE, device_code: begun.device_code });
        } catch (error) {
          if (error.word === "slow_down") interval += 5;
          else if (error.word && error.word !== "authorization_pending") throw this.gone(error.word);
        }
      }
      if (!this.state.code) return null;
      throw this.gone("expired_token");
    }

    gone(word) {
      this.set({ code: null, screen: "sign-in" });
      const what = word === "access_denied" ? "The sign-in was refused." : "The code was not typed in time.";
      return new Problem(0, { what, why: "", instead: "Sign in again." });
    }

    grant(values) {
      return this.sent("token", values);
    }

    /** A call of the sign-in itself: a form, and errors in a word. */
    async sent(where, values) {
      const body = form({ client_id: this.config.client, ...values });
      const headers = { "Content-Type": "application/x-www-form-urlencoded" };
      const { status, told } = await this.fetched(`${this.config.url}/panel/${where}`, { method: "POST", headers, body });
      if (status === 200) return told;
      const error = new Problem(status === 401 ? 0 : status, { what: "The sign-in did not work.", why: told.error_description || told.detail || "", instead: "Sign in again. If that does not help, an admin gives you the panel anew." });
      error.word = told.error;
      throw error;
    }

    async call(method, where, body) {
      const headers = { Authorization: `Bearer ${this.token}` };
      if (body) headers["Content-Type"] = "application/json";
      const team = this.state.team ? `?team=${encodeURIComponent(this.state.team)}` : "";
      const asked = { method, headers, body: body && JSON.stringify(body) };
      const { status, told } = await this.fetched(`${this.config.url}/panel/${where}${team}`, asked);
      if (status === 200) return told;
      throw new Problem(status, { what: told.detail || "Inlay refused.", why: told.why || "", instead: told.instead || "", fields: told.fields || {} });
    }

    async fetched(url, asked) {
      let answer;
      try {
        answer = await this.host.fetch(url, asked);
        return { status: answer.status, told: await answer.json() };
      } catch (error) {
        throw new Problem(answer ? answer.status : 0, AWAY);
      }
    }

    async forget(note) {
      this.token = "";
      this.click = "";
      await this.host.store.remove("token");
      this.set({ screen: "sign-in", busy: "", note, me: null, run: null, code: null });
    }

    async kept(name) {
      try {
        return JSON.parse(await this.host.store.get(name));
      } catch (error) {
        return null;
      }
    }

    keep(name, value) {
      return this.host.store.set(name, JSON.stringify(value));
    }

    async remember(piece, place) {
      const places = { ...this.state.places };
      delete places[piece];
      if (place) places[piece] = place;
      const newest = Object.entries(places).slice(-KEPT);
      this.state.places = Object.fromEntries(newest);
      await this.keep("places", this.state.places);
    }
  }

  global.InlayPanel = { Panel, Problem, base64url, mended };
})(globalThis);
