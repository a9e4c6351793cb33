// The logic of every panel: its person signs in, runs a template, follows the run, inserts and takes back. It knows no
// program and no page. `show(state)` is called whenever the state has changed; what a program can do is its `host`:
//
//   program, redirected    its name at the hub; whether a sign-in comes back to it by a redirect, or by a code to type
//   origin                 where its page is served from, if a browser tells the hub
//   now(), wait(ms)        milliseconds, and a promise of later
//   random(count)          so many random bytes
//   fetch(url, asked)      as in a browser, without cookies
//   openPage(url)          opens a page in the person's browser
//   store                  get(name), set(name, text), remove(name): texts that outlive the panel
//   document()             the id and title of what is open
//   readText()             what is selected, or every text of the page; "" when there is none
//   readPicture()          the page as base64 of a JPEG or PNG, or null
//   insertText(text)       writes it, and gives its place as a text
//   changeText(place, from, to), removeText(place, text)
//                          false when the text no longer stands there as it was left, and then nothing is changed
//   sha256(text), authorize({ url, clientId, challenge })
//                          where `redirected`: the hash in bytes; the `code` and `redirectUri` a sign-in ended with
//
// All but the first five may be promises. A host that cannot do something throws a `Problem`, which is shown as it is.
"use strict";

(function (global) {
  const { Calls, Problem, base64url } = global.InlayCalls;
  const POLL = 1500;
  const TRIES = 4;
  const KEPT = 40;
  const AGAIN = new Problem(401, {
    what: "You are signed out.",
    why: "A sign-in lasts an hour.",
    instead: "Sign in again to go on where you were.",
  }).told;
  const CHANGED = "The text is gone, or somebody has changed it since.";
  const NOTHING = { screen: "sign-in", busy: "", me: null, team: "", template: null, run: null, code: null };

  /** What a field holds, as an input of this kind wants it. */
  function as(kind, value) {
    if (typeof value !== "string") return value;
    if (kind === "list") return value.split("\n").map((one) => one.trim()).filter(Boolean);
    return (kind === "integer" || kind === "number") && value.trim() && !isNaN(value) ? Number(value) : value;
  }

  const isEmpty = (value) => value === undefined || value === "" || (Array.isArray(value) && !value.length);

  /** A text with one finding mended, or null when what was found is no longer in it as a word of its own. */
  function mended(text, fix) {
    const letter = (at) => /[\p{L}\p{N}]/u.test(text.charAt(at));
    const put = (at) => text.slice(0, at) + fix.new + text.slice(at + fix.old.length);
    if (fix.at >= 0 && text.substr(fix.at, fix.old.length) === fix.old) return put(fix.at);
    for (let at = text.indexOf(fix.old); at >= 0; at = text.indexOf(fix.old, at + 1)) {
      if (!letter(at - 1) && !letter(at + fix.old.length)) return put(at);
    }
    return null;
  }

  class Panel {
    constructor(host, config, show) {
      this.host = host;
      this.config = config;
      this.show = show;
      this.calls = new Calls(host, config);
      this.click = { key: "", of: "" };
      this.left = null;
      this.turn = 0;
      this.followed = 0;
      this.state = {
        ...NOTHING, screen: "starting", note: null, said: "",
        values: {}, texts: {}, mended: {}, places: {}, thanked: false,
      };
    }

    /** Begin: signed in from before, or not. */
    async start() {
      const kept = await this.kept("token");
      this.state.places = (await this.kept("places")) || {};
      this.calls.token = kept && kept.until > this.host.now() ? kept.token : "";
      return this.calls.token ? this.guarded("", () => this.home()) : this.set({ screen: "sign-in" });
    }

    signIn() {
      return this.guarded("Signing in", async () => {
        const given = await (this.host.redirected ? this.calls.redirected() : this.typed());
        if (given === null) return;
        this.calls.token = given.access_token;
        const until = this.host.now() + given.expires_in * 1000;
        await this.keep("token", { token: given.access_token, until });
        this.set({ code: null, screen: "sign-in" });
        await this.home();
        await this.pickUp();
      });
    }

    /** Leave nothing on this machine. */
    async signOut() {
      await this.guarded("Signing out", () => this.call("POST", "leave", {}));
      await this.host.store.remove("places");
      this.state.places = {};
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
      return this.guarded("Reading the design", async () => {
        const sent = await this.asked();
        const of = JSON.stringify(sent);
        // The same click again, after no answer came, is the same run; after a change it is another.
        if (this.click.of !== of) this.click = { key: base64url(this.host.random(12)), of };
        this.set({ busy: "Starting" });
        const run = await this.call("POST", "runs", { click: this.click.key, ...sent });
        this.click = { key: "", of: "" };
        await this.shown(run);
      });
    }

    open(id) {
      return this.guarded("Opening", async () => this.shown(await this.call("GET", `runs/${id}`)));
    }

    /** Whether somebody has decided meanwhile; what was mended stays. */
    look() {
      return this.guarded("Looking", async () => this.follow(await this.call("GET", `runs/${this.state.run.id}`)));
    }

    /** The run's own page, in the person's browser. */
    page() {
      return this.guarded("", () => this.host.openPage(this.state.run.page));
    }

    fix(piece, number) {
      const variant = this.state.run.variants.find((one) => one.piece === piece);
      const fix = variant.fixes[number];
      const texts = { ...this.state.texts };
      let changed = false;
      for (const one of [variant, ...variant.parts]) {
        const text = mended(this.text(one), one === variant ? fix : { ...fix, at: -1 });
        if (text !== null) {
          texts[one.piece] = text;
          changed = true;
        }
      }
      const done = { ...this.state.mended, [`${piece}#${number}`]: true };
      this.set({ texts, mended: done, said: changed ? "Fixed." : "That place has changed already." });
    }

    /** A piece as it would be inserted now. */
    text(one) {
      const own = this.state.texts;
      return one.piece in own ? own[one.piece] : one.text;
    }

    insert(one) {
      return this.guarded("Inserting", async () => {
        const run = this.state.run;
        const words = this.text(one);
        const text = run.line ? `${run.line}\n${words}` : words;
        const kept = this.state.places[one.piece];
        // It may stand there from before, when the hub could not be told: then it is only told.
        const stands = kept && kept.text === text && (await this.host.changeText(kept.place, text, text));
        const place = stands ? kept.place : await this.host.insertText(text);
        await this.remember(one.piece, { place, text, marked: Boolean(run.line) });
        try {
          await this.tell(one.piece, words, Boolean(run.line));
        } catch (error) {
          // What the hub refuses does not stay in the design.
          if ([400, 403, 404, 409, 422].includes(error.status) && (await this.host.removeText(place, text))) {
            await this.remember(one.piece, null);
          }
          throw error;
        }
        this.set({ said: stands ? "It stands there already." : "Inserted." });
      });
    }

    undo(piece) {
      return this.guarded("Taking it back", async () => {
        const kept = this.state.places[piece];
        if (!kept.gone && !(await this.host.removeText(kept.place, kept.text))) {
          throw new Problem(0, { what: "It was not taken back.", why: CHANGED, instead: "Change it by hand." });
        }
        await this.remember(piece, { ...kept, gone: true });
        this.set({ run: await this.call("POST", `runs/${this.state.run.id}/removed`, { marker: piece }) });
        await this.remember(piece, null);
        this.set({ said: "Taken back." });
      });
    }

    /** The review came after the text: take its line out. */
    clear(one) {
      return this.guarded("Taking the line out", async () => {
        const kept = this.state.places[one.piece];
        const text = kept.marked ? kept.text.slice(kept.text.indexOf("\n") + 1) : kept.text;
        if (kept.marked && !(await this.host.changeText(kept.place, kept.text, text))) {
          throw new Problem(0, { what: "The line is still there.", why: CHANGED, instead: "Take it out by hand." });
        }
        await this.remember(one.piece, { ...kept, text, marked: false });
        await this.tell(one.piece, text, false);
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
      return this.guarded("Stopping", async () => {
        this.set({ run: await this.call("POST", `runs/${this.state.run.id}/cancel`, {}) });
      });
    }

    // What the panel does for itself.

    set(changed) {
      Object.assign(this.state, changed);
      this.show(this.state);
    }

    /** Do something, and say what is under way and what went wrong. Of two at once the later says that it is done. */
    async guarded(busy, act) {
      const turn = (this.turn += 1);
      const ended = {};
      this.set({ busy, note: null, said: "" });
      try {
        await act();
      } catch (error) {
        if (error.status === 401) return this.forget(AGAIN);
        const unknown = { what: "That did not work.", why: String(error.message || error), instead: "Try again." };
        ended.note = (error instanceof Problem ? error : new Problem(0, unknown)).told;
        if (this.state.screen === "starting") ended.screen = "stopped";
      }
      if (this.turn === turn) ended.busy = "";
      this.set(ended);
    }

    call(method, where, body) {
      return this.calls.call(method, where, body, this.state.team);
    }

    async home(team) {
      if (team !== undefined) this.state.team = team;
      this.followed += 1;
      const me = await this.call("GET", "me");
      this.set({ screen: "home", me, team: me.team, run: null, template: null });
    }

    /** What a click on Run sends: of the design no more than the template asks for. */
    async asked() {
      const { template, values } = this.state;
      const at = await this.host.document();
      const inputs = this.inputs();
      const own = template.inputs.find((spec) => spec.source === "target.text");
      const text = own && !(own.name in inputs) ? await this.host.readText() : "";
      if (own && own.required && isEmpty(values[own.name]) && !text.trim()) {
        const why = "The design has no text, and the form has none either.";
        const instead = "Write one there, or select one.";
        throw new Problem(0, { what: "There is no text to work on.", why, instead });
      }
      const picture = template.picture === "none" ? null : await this.host.readPicture();
      if (template.picture === "required" && !picture) {
        const why = "This template works on what the design shows.";
        throw new Problem(0, { what: "There is no picture to look at.", why, instead: "Open a page or document." });
      }
      const from = { program: this.host.program, document: at.id, title: at.title };
      return { template: template.name, inputs, ...from, text, ...(picture ? { picture } : {}) };
    }

    inputs() {
      const found = {};
      for (const spec of this.state.template.inputs) {
        const value = as(spec.kind, this.state.values[spec.name]);
        if (!isEmpty(value)) found[spec.name] = value;
      }
      return found;
    }

    shown(run) {
      this.set({ screen: "run", run, texts: {}, mended: {}, thanked: false });
      return this.follow(run);
    }

    /** Look at a run until it has come to rest, or the person has gone elsewhere. */
    async follow(run) {
      const mine = (this.followed += 1);
      this.set({ run, busy: "" });
      for (let failed = 0; this.state.run.moving; ) {
        await this.host.wait(POLL * (failed + 1));
        if (this.followed !== mine) return;
        try {
          const now = await this.call("GET", `runs/${run.id}`);
          failed = 0;
          if (this.followed === mine) this.set({ run: now, said: now.moving ? this.state.said : `${now.says}.` });
        } catch (error) {
          if (this.followed !== mine) return;
          failed += 1;
          if (error.status === 401 || failed >= TRIES) throw error;
        }
      }
    }

    async tell(piece, text, marked) {
      const at = await this.host.document();
      const sent = { piece, program: this.host.program, document: at.id, marked, text };
      this.set({ run: await this.call("POST", `runs/${this.state.run.id}/placed`, sent) });
    }

    async typed() {
      let mine = null;
      const show = async (code) => {
        this.set({ screen: "code", busy: "", code: (mine = code) });
        try {
          await this.host.openPage(code.whole);
        } catch (error) {
          // The page's address stands beside the code.
        }
      };
      try {
        return await this.calls.typed(show, () => this.state.code === mine);
      } catch (error) {
        this.giveUp();
        throw error;
      }
    }

    /** Go back to where the hour ended, if it is the same person. */
    async pickUp() {
      const left = this.left;
      const { me } = this.state;
      this.left = null;
      if (!left || left.person !== me.person) return;
      if (left.team !== me.team && me.teams.includes(left.team)) await this.home(left.team);
      if (left.run) return this.shown(await this.call("GET", `runs/${left.run}`));
      const template = this.state.me.templates.find((one) => one.name === left.template);
      if (template) this.set({ screen: "form", template, values: left.values });
    }

    /** Forget the token; with a note, remember where the person was. */
    async forget(note) {
      const { me, team, template, values, run } = this.state;
      const where = { team, template: template && template.name, values, run: run && run.id };
      this.left = note && me ? { person: me.person, ...where } : null;
      this.calls.token = "";
      this.click = { key: "", of: "" };
      this.followed += 1;
      await this.host.store.remove("token");
      this.set({ ...NOTHING, note });
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
      this.state.places = Object.fromEntries(Object.entries(places).slice(-KEPT));
      await this.keep("places", this.state.places);
    }
  }

  global.InlayPanel = { Panel, Problem, base64url, mended };
})(globalThis);
