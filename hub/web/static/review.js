// The keyboard of the reviewer's desk. Plain letters act only outside of fields, and can be switched off. The line that
// names the keys is shown last: whoever reads it can press them.
"use strict";

(() => {
  const box = document.getElementById("keys");
  if (!box) return;
  const KEPT = "inlay-review-keys";
  box.checked = localStorage.getItem(KEPT) !== "off";
  box.addEventListener("change", () => localStorage.setItem(KEPT, box.checked ? "on" : "off"));

  const reason = document.getElementById("reason");
  const does = {
    a: () => document.getElementById("accept").click(),
    r: () => reason.focus(),
    e: () => document.getElementById("edit")?.click(),
    j: () => document.getElementById("next")?.click(),
    k: () => document.getElementById("previous")?.click(),
  };

  document.addEventListener("keydown", (press) => {
    if (press.target === reason) {
      if (press.key === "Enter" && (press.ctrlKey || press.metaKey)) document.getElementById("reject").click();
      if (press.key === "Escape") reason.blur();
      return;
    }
    const field = press.target.closest("input, textarea, select, [contenteditable]");
    const act = does[press.key.toLowerCase()];
    if (!box.checked || !act || (field && field !== box) || press.ctrlKey || press.metaKey || press.altKey) return;
    press.preventDefault();
    act();
  });
  box.closest("p").hidden = false;
})();
