// Photoshop for the panel: reads text layers, shows the document as a small JPEG, and writes a text layer. Each change
// is one step of the history.
"use strict";

(function (global) {
  const { app, constants, core, imaging } = require("photoshop");
  const { host, begin, plain, paragraphs, nothingOpen } = global.InlayUxp;
  const { Problem } = global.InlayPanel;
  /** @typedef {(typeof app)["activeDocument"]} PhotoshopDocument */
  /** @typedef {PhotoshopDocument["layers"][number]} Layer */
  /** @typedef {Parameters<Parameters<typeof core.executeAsModal>[0]>[0]} Context */
  /** Pixels of the longer side: a model needs no more, and a run carries two million bytes. */
  const LONGEST = 1024;
  /** Lines of a new text to the document's height. Photoshop's own size of 12 pixels is a speck on a poster. */
  const LINES = 40;
  /** How Photoshop says that something else has it (developer.adobe.com/photoshop, "ExecuteAsModal"). */
  const TAKEN = 9;

  function opened() {
    if (!app.documents.length) throw nothingOpen();
    return app.activeDocument;
  }

  /** Text layers, also in groups. @param {Iterable<Layer>} layers @param {(layer: Layer) => boolean} wanted */
  function texts(layers, wanted) {
    return Array.from(layers).filter(wanted).flatMap(/** @returns {Layer[]} */ (layer) => {
      if (layer.layers) return texts(layer.layers, wanted);
      return layer.kind === constants.LayerKind.TEXT ? [layer] : [];
    });
  }

  const any = () => true;
  /** @param {Layer[]} layers */
  const said = (layers) => layers.map((layer) => plain(layer.textItem.contents)).filter(Boolean).join("\n\n");
  /** @param {Layer} layer @param {string} text */
  const stands = (layer, text) => plain(layer.textItem.contents) === plain(text);

  /** A place is `document/layer`: a text is looked for where it was put, and nowhere else. @param {string} place */
  function found(place) {
    const [id, number] = place.split("/").map(Number);
    const document = Array.from(app.documents).find((one) => one.id === id);
    const layer = document && texts(document.layers, any).find((one) => one.id === number);
    return layer ? { document, layer } : null;
  }

  /**
   * Have Photoshop to ourselves: else it lets nobody change anything, nor read a pixel.
   * @param {string} commandName @param {(context: Context) => Promise<any>} act
   */
  async function alone(commandName, act) {
    try {
      return await core.executeAsModal(act, { commandName });
    } catch (error) {
      if (!error || error.number !== TAKEN) throw error;
      const why = "A dialog is open, or another plugin is at work.";
      throw new Problem(0, { what: "Photoshop is busy.", why, instead: "Finish or close that, then try again." });
    }
  }

  /**
   * One step of the history, or none: Photoshop rolls back what was begun when `act` fails.
   * @param {PhotoshopDocument} document @param {string} name @param {() => Promise<any>} act
   */
  function asOneStep(document, name, act) {
    return alone(name, async ({ hostControl }) => {
      const held = await hostControl.suspendHistory({ documentID: document.id, name });
      const done = await act();
      await hostControl.resumeHistory(held);
      return done;
    });
  }

  begin(host("photoshop", {
    async document() {
      const document = opened();
      return { id: String(document.id), title: document.name };
    },

    /** What is selected, or what can be seen. */
    async readText() {
      const document = opened();
      return said(texts(document.activeLayers, any)) || said(texts(document.layers, (layer) => layer.visible));
    },

    async readPicture() {
      const document = opened();
      const { width, height } = document;
      const size = width < height ? { height: Math.min(LONGEST, height) } : { width: Math.min(LONGEST, width) };
      return alone("Inlay looks at the document", async () => {
        const { imageData } = await imaging.getPixels({
          documentID: document.id,
          targetSize: size,
          componentSize: 8,
          colorSpace: "RGB",
          // A JPEG has no transparency: Photoshop lays the picture on white.
          applyAlpha: true,
        });
        try {
          return await imaging.encodeImageData({ imageData, base64: true });
        } finally {
          imageData.dispose();
        }
      });
    },

    async insertText(text) {
      const document = opened();
      const fontSize = Math.max(12, Math.round(document.height / LINES));
      return asOneStep(document, "Insert a text of Inlay", async () => {
        const made = await document.createTextLayer({ name: "Inlay", contents: paragraphs(text), fontSize });
        return `${document.id}/${made.id}`;
      });
    },

    async changeText(place, from, to) {
      const at = found(place);
      if (!at || from === to) return Boolean(at) && stands(at.layer, from);
      return asOneStep(at.document, "Change a text of Inlay", async () => {
        if (!stands(at.layer, from)) return false;
        at.layer.textItem.contents = paragraphs(to);
        return true;
      });
    },

    async removeText(place, text) {
      const at = found(place);
      if (!at) return false;
      return asOneStep(at.document, "Take a text of Inlay back", async () => {
        if (!stands(at.layer, text)) return false;
        await at.layer.delete();
        return true;
      });
    },
  }));
})(globalThis);
