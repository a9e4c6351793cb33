// What Photoshop and InDesign have in common for the panel: UXP's storage, network and browser. The program's own file
// adds the document. Nothing of UXP returns from a browser window to a panel, so people type a code (`redirected: false`).
"use strict";

(function (global) {
  const { shell, storage } = require("uxp");
  const kept = storage.secureStorage;

  /** A place that does not tell programs apart by their line ends: Photoshop and InDesign end lines with \r. */
  function plain(text) {
    return String(text).replace(/\r\n?|[\u0003\u2028\u2029]/g, "\n").trim();
  }

  function base64(bytes) {
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192));
    return btoa(text);
  }

  /** The host of `panel.js`, with what only this program can do. */
  function host(program, own) {
    return {
      program,
      redirected: false,
      now: () => Date.now(),
      wait: (ms) => new Promise((done) => setTimeout(done, ms)),
      // It names a click, and keeps nothing secret: the sign-in's codes are made by the hub.
      random: (count) => Uint8Array.from({ length: count }, () => Math.floor(Math.random() * 256)),
      fetch: (url, asked) => fetch(url, asked),
      openPage: (url) => shell.openExternal(url, "Inlay opens its page, so that you can allow this panel."),
      store: {
        get: async (name) => {
          const found = await kept.getItem(name);
          return found ? Array.from(found, (code) => String.fromCharCode(code)).join("") : "null";
        },
        // Stored as bytes: everything outside ASCII is written as an escape, which JSON reads as it was.
        set: (name, value) => kept.setItem(name, value.replace(/[^\x00-\x7f]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)),
        remove: (name) => kept.removeItem(name),
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

  function nothingOpen(what) {
    return new global.InlayPanel.Problem(0, { what: `No ${what} is open.`, why: "Inlay works on what is open.", instead: `Open a ${what} and try again.` });
  }

  global.InlayUxp = { host, begin, plain, base64, nothingOpen };
})(globalThis);
