// Keeps a page of something that moves up to date: fetches its inner part until it moves no more.
"use strict";

(() => {
  const place = document.querySelector("[data-live]");
  if (!place) return;
  const inner = () => place.querySelector(".state");
  const moving = () => inner() && inner().dataset.moving === "yes";
  const started = Date.now();

  // Often at first, while an answer is seconds away; seldom for a run that waits for a vendor.
  const pause = () => (Date.now() - started < 20000 ? 700 : 4000);

  // What a reader opened stays open, and the keyboard stays where it was.
  const replace = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.querySelector(".state");
    if (!fresh || fresh.dataset.version === inner().dataset.version) return;
    const open = new Set([...place.querySelectorAll("details[open]")].map((one) => one.id));
    const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
    place.replaceChildren(fresh);
    // What stands elsewhere on the page and says the same comes along.
    page.querySelectorAll("[data-also]").forEach((one) => document.getElementById(one.id)?.replaceWith(one));
    place.querySelectorAll("details").forEach((one) => { one.open = open.has(one.id); });
    if (focused) document.getElementById(focused)?.focus();
  };

  const look = async () => {
    try {
      const answer = await fetch(place.dataset.live, { headers: { Accept: "text/html" }, redirect: "error" });
      if (answer.ok) replace(await answer.text());
      else if (answer.status < 500) return;
    } catch {
      // The hub is away for a moment: the next look finds it again.
    }
    if (moving()) setTimeout(look, pause());
  };

  if (moving()) setTimeout(look, pause());
})();
