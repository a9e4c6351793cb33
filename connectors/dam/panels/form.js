// The form of a template: one field for each input, filled by the design where the input asks for its text or title.
"use strict";

(function (global) {
  const LONG = 200;
  const LOOKS = {
    none: "",
    optional: "It looks at the open page or document too.",
    required: "It looks at the open page or document.",
  };

  function draw(state, panel, el, button) {
    const template = state.template;
    const looks = LOOKS[template.picture];
    return [
      button("back", "‹ Back", () => panel.back(), "plain"),
      el("h1", { tabindex: "-1" }, template.title),
      el("p", { class: "soft" }, template.description),
      looks ? el("p", { class: "says" }, looks) : null,
      ...template.inputs.map((spec) => field(spec, state, el)),
      button("run", "Run", () => panel.run(), "main"),
      template.help.text ? el("p", { class: "soft" }, template.help.text) : null,
    ];
  }

  function field(spec, state, el) {
    const filled = FILLED[spec.source];
    const label = (spec.label || spec.name.replace(/_/g, " ")) + (spec.required && !filled ? " (needed)" : "");
    const hint = [spec.help, filled, spec.kind === "list" ? "One a line." : ""].filter(Boolean).join(" ");
    return el("label", { class: "field" },
      el("span", { class: "label" }, label),
      control(spec, state, el),
      hint ? el("span", { class: "soft" }, hint) : null);
  }

  const FILLED = {
    "target.text": "Leave it empty to use what you selected, or every text of the page.",
    "target.title": "Leave it empty to use the name of the document.",
  };

  /** What a person writes or picks a value with. */
  function control(spec, state, el) {
    const value = state.values[spec.name];
    const keep = (given) => { state.values[spec.name] = given; };
    const shared = { id: `in-${spec.name}`, oninput: (event) => keep(event.target.value) };
    const words = value === undefined || value === null ? "" : String(value);
    if (spec.choices.length) {
      const made = global.InlayView.choice(["", ...spec.choices], words, keep);
      made.id = shared.id;
      return made;
    }
    if (spec.kind === "boolean") {
      const onchange = (event) => keep(event.target.checked);
      return el("input", { id: shared.id, type: "checkbox", checked: Boolean(value), onchange });
    }
    if (spec.kind === "list") {
      return el("textarea", { ...shared, rows: "3", value: Array.isArray(value) ? value.join("\n") : words });
    }
    if (spec.source === "target.text" || (spec.max_length || 0) > LONG) {
      return el("textarea", { ...shared, rows: spec.source ? "3" : "2", value: words });
    }
    return el("input", { ...shared, type: "text", value: words });
  }

  global.InlayForm = { draw };
})(globalThis);
