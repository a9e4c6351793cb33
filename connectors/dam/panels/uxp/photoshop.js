// Photoshop for the panel: reads text layers, shows the document as a small JPEG, and writes a text layer in one step of
// the history.
"use strict";

(function (global) {
  const { app, constants, core, imaging } = require("photoshop");
  const { host, begin, plain, nothingOpen } = global.InlayUxp;
  /** A model needs no more; a run carries two million bytes. */
  const WIDEST = 1024;

  function opened() {
    const found = app.documents.length ? app.activeDocument : null;
    if (!found) throw nothingOpen("document");
    return found;
  }

  function texts(layers) {
    return Array.from(layers).flatMap((layer) => layer.layers ? texts(layer.layers) : layer.kind === constants.LayerKind.TEXT ? [layer] : []);
  }

  const said = (layers) => texts(layers).map((layer) => plain(layer.textItem.contents)).filter(Boolean).join("\n\n");

  /** A place is `document/layer`: a text is looked for where it was put, and nowhere else. */
  function layer(place) {
    const [document, id] = place.split("/").map(Number);
    const holder = Array.from(app.documents).find((one) => one.id === document);
    return (holder && texts(holder.layers).find((one) => one.id === id)) || null;
  }

  /** One step of the history, whatever happens inside. */
  function asOneStep(name, act) {
    return core.executeAsModal(async (context) => {
      const suspended = await context.hostControl.suspendHistory({ documentID: opened().id, name });
      try {
        return await act();
      } finally {
        await context.hostControl.resumeHistory(suspended);
      }
    }, { commandName: name });
  }

  begin(host("photoshop", {
    async document() {
      const found = opened();
      return { id: String(found.id), title: found.name };
    },

    async readText() {
      const found = opened();
      return said(found.activeLayers) || said(found.layers);
    },

    async readPicture() {
      const found = opened();
      return core.executeAsModal(async () => {
        const size = { width: Math.min(WIDEST, found.width) };
        // A JPEG has no transparency: Photoshop lays the picture on white.
        const { imageData } = await imaging.getPixels({ documentID: found.id, targetSize: size, componentSize: 8, colorSpace: "RGB", applyAlpha: true });
        try {
          return await imaging.encodeImageData({ imageData, base64: true });
        } finally {
          imageData.dispose();
        }
      }, { commandName: "Inlay looks at the document" });
    },

    insertText: (text) => asOneStep("Insert a text of Inlay", async () => {
      const found = opened();
      const made = await found.createTextLayer({ name: "Inlay", contents: text.replace(/\n/g, "\r") });
      return `${found.id}/${made.id}`;
    }),

    changeText: (place, from, to) => asOneStep("Change a text of Inlay", async () => {
      const found = layer(place);
      if (!found || plain(found.textItem.contents) !== plain(from)) return false;
      found.textItem.contents = to.replace(/\n/g, "\r");
      return true;
    }),

    removeText: (place, text) => asOneStep("Take a text of Inlay back", async () => {
      const found = layer(place);
      if (!found || plain(found.textItem.contents) !== plain(text)) return false;
      await found.delete();
      return true;
    }),
  }));
})(globalThis);
