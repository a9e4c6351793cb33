// InDesign for the panel: reads the selected text or the page's stories, shows the page as a small JPEG, and writes a
// text frame. Each change is one step of undo.
"use strict";

(function (global) {
  const indesign = require("indesign");
  const { app, ExportFormat, FitOptions, ScriptLanguage, UndoModes } = indesign;
  const { localFileSystem, formats } = require("uxp").storage;
  const { host, begin, plain, paragraphs, base64, nothingOpen } = global.InlayUxp;
  /** Dots an inch of the first try, and of the last: a page may be a card or a banner. */
  const FINEST = 96;
  const COARSEST = 6;
  /** A run carries two million bytes. */
  const LARGEST = 1900000;
  const LIKE = {
    jpegExportRange: indesign.ExportRangeOrAllPages.EXPORT_RANGE,
    jpegQuality: indesign.JPEGOptionsQuality.MEDIUM,
    jpegColorSpace: indesign.JpegColorSpaceEnum.RGB,
    exportingSpread: false,
  };

  function opened() {
    if (!app.documents.length) throw nothingOpen();
    return app.activeDocument;
  }

  /** The page people look at. Where they are in the story editor, it is the one behind it. */
  function page() {
    const seen = app.activeWindow;
    const layout = seen.constructorName === "LayoutWindow" ? seen : opened().layoutWindows.item(0);
    return layout.activePage;
  }

  /** The items of one of InDesign's collections, which have no index. */
  function every(collection) {
    return Array.from({ length: collection.length }, (_, at) => collection.item(at));
  }

  /** Of a graphic `contents` is no text. */
  function selected() {
    const texts = Array.from(app.selection || []).map((one) => one.contents).filter((one) => typeof one === "string");
    return texts.map(plain).filter(Boolean).join("\n\n");
  }

  /** What the page shows, also in groups. The same story may run through several frames. */
  function stories() {
    const found = new Map();
    for (const item of Array.from(page().allPageItems)) {
      if (item.constructorName !== "TextFrame" || !item.visible || !item.itemLayer.visible) continue;
      found.set(item.parentStory.id, plain(item.parentStory.contents));
    }
    return Array.from(found.values()).filter(Boolean).join("\n\n");
  }

  /** A place is `document/frame`: a text is looked for where it was put, and nowhere else. */
  function frame(place) {
    const [id, number] = place.split("/").map(Number);
    const document = every(app.documents).find((one) => one.id === id);
    const found = document && document.textFrames.itemByID(number);
    return found && found.isValid ? found : null;
  }

  /** A frame's own contents end where the frame does; the story is whole. */
  const stands = (found, text) => found !== null && plain(found.parentStory.contents) === plain(text);

  async function asOneStep(name, act) {
    const ended = {};
    const script = () => {
      try {
        ended.done = act();
      } catch (error) {
        ended.error = error;
      }
    };
    await app.doScript(script, ScriptLanguage.UXPSCRIPT, [], UndoModes.ENTIRE_SCRIPT, name);
    if (ended.error) throw ended.error;
    return ended.done;
  }

  /** Export the page as a JPEG a run can carry; an empty one where InDesign wrote none. */
  async function exported(document, file, wanted) {
    for (let dots = FINEST; ; dots /= 2) {
      Object.assign(wanted, LIKE, { pageString: page().name, exportResolution: dots });
      await document.exportFile(ExportFormat.JPG, file.nativePath);
      const bytes = new Uint8Array(await file.read({ format: formats.binary }));
      if (bytes.length <= LARGEST || dots <= COARSEST) return bytes;
    }
  }

  begin(host("indesign", {
    async document() {
      const document = opened();
      return { id: String(document.id), title: document.name };
    },

    async readText() {
      opened();
      return selected() || stories();
    },

    async readPicture() {
      const document = opened();
      const wanted = app.jpegExportPreferences;
      const before = {};
      for (const name of [...Object.keys(LIKE), "pageString", "exportResolution"]) before[name] = wanted[name];
      const folder = await localFileSystem.getTemporaryFolder();
      const file = await folder.createFile("inlay-page.jpg", { overwrite: true });
      try {
        const bytes = await exported(document, file, wanted);
        return bytes.length ? base64(bytes) : null;
      } finally {
        // These are the person's own preferences.
        Object.assign(wanted, before);
        await file.delete();
      }
    },

    /** In the corner of the page, half as wide, in whatever units the document has. */
    async insertText(text) {
      const document = opened();
      const target = page();
      return asOneStep("Insert a text of Inlay", () => {
        const [top, left, bottom, right] = target.bounds;
        const made = target.textFrames.add();
        made.geometricBounds = [top, left, top + (bottom - top) / 4, left + (right - left) / 2];
        made.contents = paragraphs(text);
        made.fit(FitOptions.FRAME_TO_CONTENT);
        return `${document.id}/${made.id}`;
      });
    },

    async changeText(place, from, to) {
      const found = frame(place);
      if (!stands(found, from)) return false;
      if (from === to) return true;
      await asOneStep("Change a text of Inlay", () => { found.parentStory.contents = paragraphs(to); });
      return true;
    },

    async removeText(place, text) {
      const found = frame(place);
      if (!stands(found, text)) return false;
      await asOneStep("Take a text of Inlay back", () => {
        // Else it would flow on into a frame that is linked to this one.
        found.parentStory.contents = "";
        found.remove();
      });
      return true;
    },
  }));
})(globalThis);
