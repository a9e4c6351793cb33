// The form of a template: one field for each input, filled by the design where the input asks for its text or title.
"use strict";

(function (global) {
  const LONG = 200;

  function draw(state, panel, el, button) {
    const template = state.template;
    const looks = { none: "", optional: "It looks at the open page or document too.", required: "It looks at the open page or document." }[template.picture];
    const send = (event) => { if (event) event.preventDefault(); panel.run(); };
    return [
      button("back", "‹ Back", () => panel.back(), "plain"),
      el("h1", { tabindex: "-1" }, template.title),
      el("p", { class: "soft" }, template.description),
      looks ? el("p", { class: "says" }, looks) : null,
      ...template.inputs.map((spec) => field(spec, state, el)),
      button("run", "Run", send, "main"),
      template.help.text ? el("p", { class: "soft" }, template.help.text) : null,
    ];
  }

  function field(spec, state, el) {
    const filled = spec.source === "target.text" || spec.source === "target.title";
    const label = (spec.label || spec.name.replace(/_/g, " ")) + (spec.required && !filled ? " (needed)" : "");
    const keep = (value) => { state.values[spec.name] = value; };
    const value = state.values[spec.name];
    const shared = { id: `in-${spec.name}`, oninput: (event) => keep(event.target.value) };
    let made;
    if (spec.choices.length) {
      made = global.InlayView.choice(["", ...spec.choices], value || "", keep);
      made.id = shared.id;
    } else if (spec.kind === "boolean") {
      made = el("input", { ...shared, type: "checkbox", checked: Boolean(value), oninput: null, onchange: (event) => keep(event.target.checked) });
    } else if (spec.kind === "list") {
      made = el("textarea", { ...shared, rows: "3", value: Array.isArray(value) ? value.join("\n") : value || "" });
    } else if (filled || (spec.max_length || 0) > LONG) {
      made = el("textarea", { ...shared, rows: filled ? "3" : "2", value: value || "", placeholder: filled ? "Empty: what the design says" : null });
    } else {
      made = el("input", { ...shared, type: "text", value: value === undefined ? "" : String(value) });
    }
    const hint = [spec.help, spec.kind === "list" ? "One a line." : ""].filter(Boolean).join(" ");
    return el("label", { class: "field" }, el("span", { class: "label" }, label), made, hint ? el("span", { class: "soft" }, hint) : null);
  }

  global.InlayForm = { draw };
})(globalThis);
