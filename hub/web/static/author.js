// Keeps the preview beside a template's text up to date, and leads to the line that is wrong.
"use strict";

(() => {
  const form = document.getElementById("author");
  if (!form) return;
  const source = document.getElementById("source");
  let timer = 0;
  let asked = 0;

  const look = async () => {
    const number = ++asked;
    try {
      const answer = await fetch(form.dataset.preview, {
        method: "POST", body: new FormData(form), headers: { Accept: "text/html" }, redirect: "error",
      });
      if (!answer.ok || number !== asked) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("preview");
      if (fresh) document.getElementById("preview").replaceChildren(...fresh.childNodes);
    } catch {
      // The hub is away for a moment: the next change asks again.
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 500);
  });

  form.addEventListener("click", (press) => {
    const at = press.target.closest("a.at");
    if (!at) return;
    press.preventDefault();
    const lines = source.value.split("\n");
    const before = lines.slice(0, at.dataset.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
    source.focus();
    source.setSelectionRange(before, before + (lines[at.dataset.line - 1] || "").length);
    source.scrollTop = (at.dataset.line - 4) * (source.scrollHeight / lines.length);
  });
})();
