// Adobe Express for the panel: signs in by Adobe's window, shows the page as a picture, and asks `code.js` for texts.
import addOnUISdk from "https://new.express.adobe.com/static/add-on-sdk/sdk.js";

await addOnUISdk.ready;

const { app, constants, instance } = addOnUISdk;
/** A model needs no more; a run carries two million bytes. */
const WIDEST = 1024;
/** @type {any} What `code.js` exposes: it alone may touch the document. */
let code = null;

async function documents() {
  if (code === null) code = await instance.runtime.apiProxy(constants.RuntimeType.documentSandbox);
  return code;
}

/** @param {Blob} blob */
async function base64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** @type {any} */
const inlay = globalThis;
const { Problem } = inlay.InlayPanel;

const host = {
  program: "express",
  redirected: true,
  origin: location.origin,
  now: () => Date.now(),
  /** @param {number} ms */
  wait: (ms) => new Promise((done) => setTimeout(done, ms)),
  /** @param {number} count */
  random: (count) => crypto.getRandomValues(new Uint8Array(count)),
  /** @param {string} text */
  sha256: async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
  /** @param {string} url @param {RequestInit} asked */
  fetch: (url, asked) => fetch(url, { ...asked, credentials: "omit", cache: "no-store" }),
  /** @param {string} url */
  openPage: (url) => void window.open(url, "_blank", "noopener"),
  store: {
    /** @param {string} name */
    get: async (name) => String((await instance.clientStorage.getItem(name)) || "null"),
    /** @param {string} name @param {string} value */
    set: (name, value) => instance.clientStorage.setItem(name, value),
    /** @param {string} name */
    remove: (name) => instance.clientStorage.removeItem(name),
  },

  /** @param {{url: string, clientId: string, challenge: string}} asked */
  async authorize({ url, clientId, challenge }) {
    const { code: given, redirectUri, result } = await app.oauth.authorize({
      authorizationUrl: url,
      clientId,
      scope: "panel",
      codeChallenge: challenge,
      windowSize: { width: 520, height: 720 },
    });
    if (result.status === "POPUP_BLOCKED") {
      throw new Problem(0, { what: "Your browser blocked the sign-in window.", instead: "Allow it and sign in again." });
    }
    if (result.status !== "SUCCESS") {
      throw new Problem(0, { what: "The sign-in was not finished.", instead: "Sign in again when you are ready." });
    }
    return { code: given, redirectUri };
  },

  async document() {
    return { id: String(await app.document.id()), title: String(await app.document.title()) };
  },

  async readPicture() {
    /** @type {any} The types of Adobe's SDK know `quality` of a JPEG and do not take it here. */
    const asked = {
      range: constants.Range.currentPage,
      format: constants.RenditionFormat.jpg,
      quality: 0.8,
      requestedSize: { width: WIDEST },
    };
    const [page] = await app.document.createRenditions(asked, constants.RenditionIntent.preview);
    return page ? base64(page.blob) : null;
  },

  readText: async () => (await documents()).readText(),
  /** @param {string} text */
  insertText: async (text) => (await documents()).insertText(text),
  /** @param {string} place @param {string} from @param {string} to */
  changeText: async (place, from, to) => (await documents()).changeText(place, from, to),
  /** @param {string} place @param {string} text */
  removeText: async (place, text) => (await documents()).removeText(place, text),
};

/** @param {string} theme Express's own, which may differ from the browser's. */
function dress(theme) {
  document.body.classList.toggle("dark", theme === "dark");
  document.body.classList.toggle("light", theme !== "dark");
}

dress(app.ui.theme);
/** @type {any} As the guide has it; the types want a member of an enum that the SDK does not export. */
const listening = app;
listening.on("themechange", (/** @type {{theme: string}} */ changed) => dress(changed.theme));

const view = new inlay.InlayView.View(document.getElementById("app"), document.getElementById("said"));
/** @type {any} */
const panel = new inlay.InlayPanel.Panel(host, inlay.INLAY, (/** @type {any} */ state) => view.draw(state, panel));
panel.start();
