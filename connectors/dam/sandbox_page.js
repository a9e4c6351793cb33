// The library stays as it is in the store without a reload; pictures are dropped in; forms leave the page where it is.
const said = document.getElementById("said");
const tell = (text) => { said.textContent = text; };
let tag = "";

const counted = () => {
  const number = document.querySelectorAll(".tile").length;
  document.getElementById("count").textContent = number === 1 ? "1 asset" : `${number} assets`;
};

// Whether somebody is in the middle of typing into a tile: it is left alone until they are done.
const busy = (tile) => {
  const open = tile.querySelector("details[open]");
  return open !== null && [...open.querySelectorAll("input, textarea")].some(
    (field) => field === document.activeElement || field.value !== field.defaultValue);
};

const replace = (here, there) => {
  const act = here.contains(document.activeElement) ? document.activeElement.dataset.act : undefined;
  const open = here.querySelector("details[open]") !== null;
  there.classList.add("changed");
  here.replaceWith(there);
  if (open) there.querySelector("details")?.setAttribute("open", "");
  if (act) (there.querySelector(`[data-act="${act}"]`) ?? there.querySelector("summary, button"))?.focus();
};

const merge = (there) => {
  const here = document.getElementById("grid");
  if (here.tagName !== "UL" || there.tagName !== "UL") {
    here.replaceWith(there);
    return;
  }
  const wanted = new Map([...there.children].map((tile) => [tile.id, tile]));
  for (const tile of [...here.children]) if (!wanted.has(tile.id)) tile.remove();
  let before = null;
  for (const [id, tile] of wanted) {
    const old = document.getElementById(id);
    if (old === null) {
      tile.classList.add("changed");
      before ? before.after(tile) : here.prepend(tile);
    } else if (old.dataset.revision !== tile.dataset.revision && !busy(old)) replace(old, tile);
    before = document.getElementById(id);
  }
};

const look = async () => {
  try {
    const answer = await fetch("/tiles", tag ? { headers: { "If-None-Match": tag } } : {});
    if (answer.status === 200) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      merge(page.getElementById("grid"));
      counted();
      // A tile somebody types into is read once more, until it may be replaced.
      tag = [...document.querySelectorAll(".tile")].some(busy) ? "" : answer.headers.get("ETag");
    }
  } catch {
    // The sandbox was stopped. It is asked again, in case it comes back.
  }
};

const again = async () => {
  await look();
  setTimeout(again, 1000);
};

const send = async (files) => {
  for (const file of files) {
    tell(`Adding ${file.name} …`);
    try {
      const answer = await fetch(`/assets?name=${encodeURIComponent(file.name)}`, {
        method: "POST", body: file, headers: { "Content-Type": file.type || "application/octet-stream" },
      });
      tell(answer.status === 201 ? `${file.name} is in the library.` : `${file.name} was not taken: it may be empty or too large.`);
    } catch {
      tell(`${file.name} was not taken: the sandbox does not answer.`);
    }
    await look();
  }
};

const file = document.getElementById("file");
file.addEventListener("change", async () => {
  await send([...file.files]);
  file.value = "";
});

const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    document.body.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) document.body.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  document.body.classList.remove("over");
  send([...event.dataTransfer.files]);
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const act = form.querySelector("button").dataset.act ?? "add";
  const name = form.closest(".tile")?.querySelector("h2").textContent ?? "The picture";
  event.preventDefault();
  if (act === "delete" && !confirm(`Delete ${name}?`)) return;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok) throw new Error();
    if (act === "save") {
      for (const field of form.elements) if ("defaultValue" in field) field.defaultValue = field.value;
      const details = form.closest("details");
      details.open = false;
      details.querySelector("summary").focus();
    }
    const done = { save: "is saved", approve: "is approved", reject: "is rejected", delete: "is deleted", add: "is in the library" };
    tell(`${name} ${done[act]}.`);
  } catch {
    tell(`${name}: that did not work. It may have been deleted.`);
  }
  await look();
});

counted();
again();
