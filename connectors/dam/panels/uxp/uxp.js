// What Photoshop and InDesign have in common for the panel: UXP's storage, network and browser. The program's own file
// adds the document. UXP gets nothing back from a browser's window, so people type a code (`redirected: false`).
"use strict";

(function (global) {
  const { shell, storage } = require("uxp");
  const { Problem, base64url } = global.InlayPanel;
  const kept = storage.secureStorage;

  /**
   * A text that does not tell programs apart by their line ends: Photoshop and InDesign end a paragraph with \r.
   * @param {string} text
   */
  function plain(text) {
    return String(text).replace(/\r\n?|[\u0003\u2028\u2029]/g, "\n").trim();
  }

  /** A text with the paragraphs of Photoshop and InDesign. @param {string} text */
  function paragraphs(text) {
    return text.replace(/\n/g, "\r");
  }

  /** UXP documents no `btoa`. @param {Uint8Array} bytes */
  function base64(bytes) {
    const text = base64url(bytes).replace(/-/g, "+").replace(/_/g, "/");
    return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
  }

  /** Everything outside of ASCII as an escape, which JSON reads as it was: secure storage keeps bytes. */
  function ascii(/** @type {string} */ text) {
    const escaped = (/** @type {string} */ one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return text.replace(/[^\x00-\x7f]/g, escaped);
  }

  /** UXP asks the person first, and answers with what went wrong. @param {string} url */
  async function openPage(url) {
    if (await shell.openExternal(url, "Inlay opens a page of its own in your browser.")) {
      const why = "Your browser could not be opened, or you did not allow it.";
      throw new Problem(0, { what: "The page was not opened.", why, instead: `Open ${url} in your browser.` });
    }
  }

  /** The host of `panel.js`, with what only this program can do. */
  function host(program, own) {
    return {
      program,
      redirected: false,
      now: () => Date.now(),
      wait: (ms) => new Promise((done) => setTimeout(done, ms)),
      random: (count) => crypto.getRandomValues(new Uint8Array(count)),
      /** UXP would send cookies. @param {string} url @param {{ method: string, headers: any, body?: string }} asked */
      fetch: (url, asked) => fetch(url, { ...asked, credentials: "omit" }),
      openPage,
      store: {
        get: async (name) => {
          const found = await kept.getItem(name);
          return found ? Array.from(found, (code) => String.fromCharCode(code)).join("") : "null";
        },
        set: (name, value) => kept.setItem(name, ascii(value)),
        // Removing what is not there is refused.
        remove: async (name) => {
          if (await kept.getItem(name)) await kept.removeItem(name);
        },
      },
      ...own,
    };
  }

  /** Draw the panel and begin. */
  function begin(made) {
    const view = new global.InlayView.View(document.getElementById("app"), document.getElementById("said"));
    const panel = new global.InlayPanel.Panel(made, global.INLAY, (state) => view.draw(state, panel));
    panel.start();
  }

  function nothingOpen() {
    const why = "Inlay works on what is open.";
    return new Problem(0, { what: "No document is open.", why, instead: "Open a document and try again." });
  }

  global.InlayUxp = { host, begin, plain, paragraphs, base64, nothingOpen };
})(globalThis);
