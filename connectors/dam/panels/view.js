// What people see of a panel: draws the state with elements and texts, never with markup. It keeps to what UXP has: no
// data attributes, no grid, labels around their fields.
"use strict";

(function (global) {
  /** An element; `of` holds attributes, `on…` handlers and properties, the rest are its children or their texts. */
  function el(name, of, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(of || {})) {
      if (value === null || value === false) continue;
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

  class View {
    constructor(root, said) {
      this.root = root;
      this.said = said;
    }

    /** Draw the state, and leave the keyboard where it was. */
    draw(state, panel) {
      const had = document.activeElement && document.activeElement.id;
      const before = this.screen;
      while (this.root.firstChild) this.root.removeChild(this.root.firstChild);
      const screens = { starting: () => [], "sign-in": signIn, code, home, form: global.InlayForm.draw, run };
      const parts = [note(state.note), ...screens[state.screen](state, panel, el, button)];
      for (const part of parts.flat()) if (part) this.root.appendChild(part);
      this.root.setAttribute("aria-busy", state.busy ? "true" : "false");
      for (const made of this.root.querySelectorAll("button")) made.disabled = made.disabled || (Boolean(state.busy) && made.id !== "give-up");
      const words = state.busy ? `${state.busy} …` : state.said || (state.note ? state.note.what : "");
      if (this.said.textContent !== words) this.said.textContent = words;
      this.screen = state.screen;
      const there = had && document.getElementById(had);
      if (before !== state.screen && before && before !== "starting") {
        const heading = this.root.querySelector("h1");
        if (heading) heading.focus();
      } else if (there) there.focus();
    }
  }

  const heading = (words) => el("h1", { tabindex: "-1" }, words);

  function note(told) {
    if (!told) return null;
    const fields = Object.entries(told.fields || {}).map(([name, wrong]) => one("", `${name}: ${wrong}`));
    return el("div", { class: "note", role: "alert" }, one("strong", told.what), told.why && one("", told.why), fields, told.instead && one("", told.instead));
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
      el("div", { class: "row" }, button("open-again", "Open the page", () => panel.host.openPage(state.code.whole), "main"), button("give-up", "Cancel", () => panel.giveUp())),
    ];
  }

  function home(state, panel) {
    const me = state.me;
    const teams = me.teams.length > 1 && el("label", { class: "field" }, el("span", { class: "label" }, "Team"), choice(me.teams, state.team, (team) => panel.work(team)));
    const templates = me.templates.map((template) =>
      el("li", {}, el("button", { id: `pick-${template.name}`, type: "button", class: "tile", onclick: () => panel.pick(template.name) },
        el("span", { class: "title" }, template.title), el("span", { class: "sub" }, template.description))));
    const runs = me.runs.map((run) => el("li", {}, el("button", { id: `open-${run.id}`, type: "button", class: "tile", onclick: () => panel.open(run.id) },
      el("span", { class: "title" }, run.title), el("span", { class: "sub" }, run.says))));
    return [
      heading("What do you need?"),
      teams,
      templates.length ? el("ul", { class: "list" }, templates) : one("soft", "Your team has no template for Adobe yet. Ask a lead."),
      runs.length ? el("h2", {}, "Your last runs") : null,
      runs.length ? el("ul", { class: "list" }, runs) : null,
      el("div", { class: "foot" }, one("soft", `${me.name}, ${state.team}`), button("sign-out", "Sign out", () => panel.signOut(), "plain")),
    ];
  }

  function choice(words, chosen, act) {
    const made = el("select", { onchange: (event) => act(event.target.value) }, words.map((word) => el("option", { value: word, selected: word === chosen }, word)));
    made.value = chosen;
    return made;
  }

  function run(state, panel) {
    const it = state.run;
    // What stopped the run stands above already.
    const found = it.findings.filter((one) => !it.problem || one.message !== it.problem.what);
    const steps = el("ol", { class: "steps" }, it.steps.map((step) => el("li", { class: step.state }, el("span", { class: "mark", "aria-hidden": "true" }, { done: "✓", now: "…", todo: "·", stopped: "×" }[step.state]), step.words, step.state === "now" ? el("span", { class: "hidden" }, " (now)") : null)));
    return [
      button("back", "‹ Back", () => panel.back(), "plain"),
      heading(it.title),
      one("says", it.says),
      it.label && one("soft", it.label),
      it.moving ? steps : null,
      it.moving && it.can_cancel ? button("cancel", "Stop", () => panel.cancel(), "plain") : null,
      it.problem && el("div", { class: "note" }, one("strong", it.problem.what), it.problem.why && one("", it.problem.why), it.problem.instead && one("", it.problem.instead), it.problem.who && one("soft", `Who can help: ${it.problem.who}.`)),
      found.length ? findings(found) : null,
      it.line && it.variants.length ? one("soft", it.simulated ? "It goes in with a line that says so." : "Until it is reviewed it goes in with a line that says so.") : null,
      it.insert.why ? el("div", { class: "note" }, one("strong", it.insert.why), one("", it.insert.instead)) : null,
      ...it.variants.map((variant) => drawn(variant, state, panel)),
      listed("Missing", it.notes.missing_inputs),
      listed("Assumed", it.notes.assumptions),
      listed("To be said with it", it.notes.disclosures),
      it.moving ? null : feedback(state, panel),
    ];
  }

  function findings(found) {
    return el("section", { class: "findings", "aria-label": "What the checks found" },
      el("h2", {}, "What the checks found"),
      found.map((each) => el("div", { class: `finding ${each.outcome}` }, one("strong", each.message), each.why && one("", each.why), each.instead && one("", each.instead))));
  }

  function drawn(variant, state, panel) {
    const fixes = variant.fixes.map((fix, number) => state.mended[`${variant.piece}#${number}`] ? null : el("div", { class: "fix" },
      one("", el("del", {}, fix.old), " → ", el("ins", {}, fix.new)),
      button(`fix-${variant.number}-${number}`, "Fix", () => panel.fix(variant.piece, number))));
    const parts = variant.parts.map((part) => el("div", { class: "part" }, one("label", part.label), one("text", panel.text(part)), placing(part, state, panel, part.label)));
    return el("section", { class: "variant", "aria-label": variant.label },
      el("h2", {}, variant.label),
      parts.length ? parts : one("text", panel.text(variant)),
      fixes,
      placing(variant, state, panel, parts.length ? `all of ${variant.label}` : variant.label, parts.length ? "Insert all as one text" : "Insert"));
  }

  /** The buttons of a piece: what can be done with it now. */
  function placing(piece, state, panel, about, words) {
    const stands = state.run.places.find((place) => place.piece === piece.piece && place.state === "placed");
    const mine = stands && state.places[piece.piece];
    const id = piece.piece.replace(/[^a-zA-Z0-9]+/g, "-");
    const named = (made) => (made.setAttribute("aria-label", `${made.textContent}: ${about}`), made);
    if (!state.run.insert.ok && !stands) return null;
    return el("div", { class: "row" },
      mine ? el("span", { class: "stands" }, "✓ Inserted") : null,
      mine ? null : named(button(`insert-${id}`, words || "Insert", () => panel.insert(piece), words ? "main" : "")),
      mine && state.run.reviewed && stands.marked && !state.run.simulated ? named(button(`clear-${id}`, "Take the line out", () => panel.clear(piece))) : null,
      mine ? named(button(`undo-${id}`, "Undo", () => panel.undo(piece.piece), "plain")) : null);
  }

  function listed(words, lines) {
    return lines.length ? el("section", {}, el("h2", {}, words), el("ul", {}, lines.map((line) => el("li", {}, line)))) : null;
  }

  function feedback(state, panel) {
    if (state.thanked) return one("soft", "Thank you. Your lead sees what gets in the way, not who said it.");
    const tags = state.me ? state.me.friction : [];
    return el("section", { class: "feedback" }, el("h2", {}, "Did something get in the way?"),
      el("div", { class: "row" }, tags.map((tag) => button(`tag-${tag.replace(/ /g, "-")}`, tag, () => panel.feedback(tag), "chip"))));
  }

  global.InlayView = { View, el, choice };
})(globalThis);
