// What people see of a panel: draws the state with elements and texts, never with markup. It keeps to what UXP has: no
// data attributes, no grid, labels around their fields.
"use strict";

(function (global) {
  /** An element; `of` holds attributes, `on…` handlers and properties, the rest are its children or their texts. */
  function el(name, of, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(of || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (key === "value" || key === "disabled" || key === "checked") made[key] = value;
      else made.setAttribute(key, value === true ? "" : value);
    }
    for (const child of children.flat()) {
      if (child) made.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
    }
    return made;
  }

  const button = (id, words, act, kind) => el("button", { id, type: "button", class: kind || "", onclick: act }, words);
  const one = (kind, ...children) => el("p", { class: kind }, ...children);
  const row = (...children) => el("div", { class: "row" }, ...children);
  const heading = (words) => el("h1", { tabindex: "-1" }, words);

  class View {
    constructor(root, said) {
      this.root = root;
      this.said = said;
    }

    /** Draw the state, and leave the keyboard where it was. */
    draw(state, panel) {
      const had = document.activeElement && document.activeElement.id;
      const before = this.screen;
      const screens = { starting: () => [], stopped, "sign-in": signIn, code, home, form: global.InlayForm.draw, run };
      while (this.root.firstChild) this.root.removeChild(this.root.firstChild);
      const told = note(state.note);
      for (const part of [told, ...screens[state.screen](state, panel, el, button)].flat()) {
        if (part) this.root.appendChild(part);
      }
      this.root.setAttribute("aria-busy", state.busy ? "true" : "false");
      for (const made of this.root.querySelectorAll("button")) {
        made.disabled = Boolean(state.busy) && made.id !== "give-up";
      }
      const words = state.busy ? `${state.busy} …` : state.said;
      if (this.said.textContent !== words) this.said.textContent = words;
      this.screen = state.screen;
      const there = had && document.getElementById(had);
      if (before !== state.screen && before && before !== "starting") {
        const first = this.root.querySelector("h1");
        if (first) first.focus();
      } else if (there) there.focus();
      // What went wrong further down is told at the top.
      if (told && state.note !== this.told && told.scrollIntoView) told.scrollIntoView({ block: "nearest" });
      this.told = state.note;
    }
  }

  function note(told) {
    if (!told) return null;
    const fields = Object.entries(told.fields).map(([name, wrong]) => one("", `${name}: ${wrong}`));
    return el("div", { class: "note", role: "alert" },
      one("strong", told.what),
      told.why && one("", told.why),
      fields,
      told.instead && one("", told.instead),
      told.who && one("soft", `Who can help: ${told.who}.`));
  }

  function stopped(state, panel) {
    return [
      heading("The panel could not start"),
      row(
        button("again", "Try again", () => panel.start(), "main"),
        button("sign-out", "Sign out", () => panel.signOut())),
    ];
  }

  function signIn(state, panel) {
    return [
      heading("Sign in to Inlay"),
      one("lead", "Inlay writes drafts from what your design shows, with your team's rules checked."),
      button("sign-in", "Sign in", () => panel.signIn(), "main"),
    ];
  }

  function code(state, panel) {
    return [
      heading("Let this panel in"),
      one("", "Your browser shows a page of Inlay. Check that it shows this code, and allow it:"),
      one("code", state.code.shown),
      one("soft", `No page? Open ${state.code.page} and type the code.`),
      row(
        button("open-again", "Open the page", () => panel.host.openPage(state.code.whole), "main"),
        button("give-up", "Cancel", () => panel.giveUp())),
    ];
  }

  function home(state, panel) {
    const me = state.me;
    const tile = (id, act, title, sub) => el("li", {}, el("button", { id, type: "button", class: "tile", onclick: act },
      el("span", { class: "title" }, title),
      el("span", { class: "sub" }, sub)));
    const templates = me.templates.map((each) =>
      tile(`pick-${each.name}`, () => panel.pick(each.name), each.title, each.description));
    const runs = me.runs.map((each) =>
      tile(`open-${each.id}`, () => panel.open(each.id), each.title, `${each.says} · ${when(each.created_at)}`));
    const none = one("soft", "Your team has no template for Adobe yet. Ask a lead to add one.");
    return [
      heading("What do you need?"),
      me.teams.length > 1 && el("label", { class: "field" },
        el("span", { class: "label" }, "Team"),
        choice(me.teams, state.team, (team) => panel.work(team))),
      templates.length ? el("ul", { class: "list" }, templates) : none,
      runs.length ? el("h2", {}, "Your last runs") : null,
      runs.length ? el("ul", { class: "list" }, runs) : null,
      el("div", { class: "foot" },
        one("soft", `${me.name}, ${state.team}`),
        button("sign-out", "Sign out", () => panel.signOut(), "plain")),
    ];
  }

  /** Today by the clock, else by the day. @param {number} seconds */
  function when(seconds) {
    const at = new Date(seconds * 1000);
    const two = (number) => String(number).padStart(2, "0");
    if (at.toDateString() === new Date().toDateString()) return `${two(at.getHours())}:${two(at.getMinutes())}`;
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  }

  function choice(words, chosen, act) {
    const options = words.map((word) => el("option", { value: word, selected: word === chosen }, word));
    const made = el("select", { onchange: (event) => act(event.target.value) }, options);
    made.value = chosen;
    return made;
  }

  function run(state, panel) {
    const it = state.run;
    const marked = `${it.simulated ? "It" : "Until it is reviewed it"} goes in with a line that says so.`;
    return [
      button("back", "‹ Back", () => panel.back(), "plain"),
      heading(it.title),
      one("says", it.says),
      it.label && one("soft", it.label),
      it.moving ? steps(it) : null,
      it.problem && note({ fields: {}, ...it.problem }),
      findings(it),
      it.line && it.insert.ok ? one("soft", marked) : null,
      it.insert.why ? el("div", { class: "note" }, one("strong", it.insert.why), one("", it.insert.instead)) : null,
      ...it.variants.map((variant) => drawn(variant, state, panel)),
      listed("Missing", it.notes.missing_inputs),
      listed("Assumed", it.notes.assumptions),
      listed("To be said with it", it.notes.disclosures),
      row(
        it.moving && it.can_cancel ? button("cancel", "Stop", () => panel.cancel()) : null,
        it.waits || (it.moving && state.note) ? button("look", "Look again", () => panel.look()) : null,
        button("page", "Open in Inlay", () => panel.page(), "plain")),
      it.moving ? null : feedback(state, panel),
    ];
  }

  const MARKS = { done: "✓", now: "…", todo: "·", stopped: "×" };

  function steps(it) {
    return el("ol", { class: "steps" }, it.steps.map((step) => el("li", { class: step.state },
      el("span", { class: "mark", "aria-hidden": "true" }, MARKS[step.state]),
      step.words,
      step.state === "now" ? el("span", { class: "hidden" }, " (now)") : null)));
  }

  /** What the checks found, without what stopped the run (it stands above) and what a click mends (it stands below). */
  function findings(it) {
    const mends = it.variants.flatMap((variant) => variant.fixes.map((fix) => fix.message));
    const told = it.problem ? [it.problem.what, ...mends] : mends;
    const found = it.findings.filter((each) => !told.includes(each.message));
    if (!found.length) return null;
    return el("section", { "aria-label": "What the checks found" },
      el("h2", {}, "What the checks found"),
      found.map((each) => el("div", { class: `finding ${each.outcome}` },
        one("strong", each.message),
        each.why && one("", each.why),
        each.instead && one("", `Instead: ${each.instead}`))));
  }

  function drawn(variant, state, panel) {
    const { label, parts } = variant;
    const all = parts.length ? ["Insert all as one text", `all of ${label}`] : ["Insert", label];
    return el("section", { class: "variant", "aria-label": label },
      el("h2", {}, label),
      parts.map((part) => el("div", { class: "part" },
        el("div", { class: "head" },
          one("label", part.label),
          placing(part, state, panel, ["Insert", `${part.label} of ${label}`], "small")),
        one("text", panel.text(part)))),
      parts.length ? null : one("text", panel.text(variant)),
      variant.fixes.map((fix, number) => mend(fix, number, variant, state, panel)),
      placing(variant, state, panel, all, "main"));
  }

  /** What a check found in a variant, and the click that mends it. */
  function mend(fix, number, variant, state, panel) {
    if (state.mended[`${variant.piece}#${number}`]) return null;
    const made = button(`fix-${variant.number}-${number}`, "Fix", () => panel.fix(variant.piece, number));
    made.setAttribute("aria-label", `Fix: ${fix.new} for ${fix.old}`);
    return el("div", { class: "fix" },
      one("strong", fix.message),
      fix.why && one("", fix.why),
      row(el("span", { class: "change" }, el("del", {}, fix.old), " → ", el("ins", {}, fix.new)), made));
  }

  /** The buttons of a piece: what can be done with it now. */
  function placing(piece, state, panel, [words, about], kind) {
    const stands = state.run.places.find((place) => place.piece === piece.piece && place.state === "placed");
    const mine = stands && state.places[piece.piece];
    const id = piece.piece.replace(/[^a-zA-Z0-9]+/g, "-");
    const named = (name, text, act, look) => {
      const made = button(`${name}-${id}`, text, act, look);
      made.setAttribute("aria-label", `${text}: ${about}`);
      return made;
    };
    const insert = () => panel.insert(piece);
    if (mine) {
      const late = state.run.reviewed && stands.marked && !state.run.simulated;
      return row(
        el("span", { class: "stands" }, "✓ Inserted"),
        late ? named("clear", "Take the line out", () => panel.clear(piece)) : null,
        named("undo", "Undo", () => panel.undo(piece.piece), "plain"),
        state.run.insert.ok ? named("insert", "Insert again", insert, "plain") : null);
    }
    return state.run.insert.ok ? row(named("insert", words, insert, kind)) : null;
  }

  function listed(words, lines) {
    if (!lines.length) return null;
    return el("section", {}, el("h2", {}, words), el("ul", {}, lines.map((line) => el("li", {}, line))));
  }

  function feedback(state, panel) {
    if (state.thanked) return one("soft", "Thank you. Your lead sees what gets in the way, not who said it.");
    const tags = state.me ? state.me.friction : [];
    const chip = (tag) => button(`tag-${tag.replace(/ /g, "-")}`, tag, () => panel.feedback(tag), "chip");
    return el("section", { class: "feedback" }, el("h2", {}, "Did something get in the way?"), row(tags.map(chip)));
  }

  global.InlayView = { View, el, choice };
})(globalThis);
