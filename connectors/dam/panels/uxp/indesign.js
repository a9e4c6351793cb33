// InDesign for the panel: reads the selected text or the page's stories, shows the page as a small JPEG, and writes a text
// frame. Each change is one call, and so one step of undo.
"use strict";

(function (global) {
  const { app, ExportFormat, ExportRangeOrAllPages, JPEGOptionsQuality } = require("indesign");
  const { localFileSystem, formats } = require("uxp").storage;
  const { host, begin, plain, base64, nothingOpen } = global.InlayUxp;
  /** Where a new frame stands on the page, in the document's own units, until the designer moves it. */
  const FRAME = ["0p0", "0p0", "12p0", "20p0"];

  function opened() {
    if (!app.documents.length) throw nothingOpen("document");
    return app.activeDocument;
  }

  const page = () => app.activeWindow.activePage;

  /** The items of one of InDesign's collections, which have no index. */
  function every(collection) {
    return Array.from({ length: collection.length }, (_, at) => collection.item(at));
  }

  function selected() {
    return Array.from(app.selection || []).map((one) => one.contents).filter((one) => typeof one === "string" && one.trim()).map(plain).join("\n\n");
  }

  /** The same story may run through several frames. */
  function stories() {
    const found = new Map();
    for (const frame of every(page().textFrames)) found.set(frame.parentStory.id, plain(frame.parentStory.contents));
    return Array.from(found.values()).filter(Boolean).join("\n\n");
  }

  function frame(place) {
    const [document, id] = place.split("/").map(Number);
    const holder = every(app.documents).find((one) => one.id === document);
    const found = holder && holder.textFrames.itemByID(id);
    return found && found.isValid ? found : null;
  }

  begin(host("indesign", {
    async document() {
      const found = opened();
      return { id: String(found.id), title: found.name };
    },

    async readText() {
      opened();
      return selected() || stories();
    },

    async readPicture() {
      const found = opened();
      const wanted = app.jpegExportPreferences;
      const before = [wanted.jpegExportRange, wanted.pageString, wanted.exportResolution, wanted.jpegQuality];
      const folder = await localFileSystem.getTemporaryFolder();
      const file = await folder.createFile("inlay-page.jpg", { overwrite: true });
      try {
        wanted.jpegExportRange = ExportRangeOrAllPages.EXPORT_RANGE;
        wanted.pageString = page().name;
        wanted.exportResolution = 96;
        wanted.jpegQuality = JPEGOptionsQuality.MEDIUM;
        await found.exportFile(ExportFormat.JPG, file.nativePath);
        return base64(new Uint8Array(await file.read({ format: formats.binary })));
      } finally {
        // These are the person's own preferences.
        [wanted.jpegExportRange, wanted.pageString, wanted.exportResolution, wanted.jpegQuality] = before;
        await file.delete();
      }
    },

    async insertText(text) {
      const made = page().textFrames.add({ geometricBounds: FRAME, contents: text.replace(/\n/g, "\r") });
      return `${opened().id}/${made.id}`;
    },

    async changeText(place, from, to) {
      const found = frame(place);
      if (!found || plain(found.contents) !== plain(from)) return false;
      found.contents = to.replace(/\n/g, "\r");
      return true;
    },

    async removeText(place, text) {
      const found = frame(place);
      if (!found || plain(found.contents) !== plain(text)) return false;
      found.remove();
      return true;
    },
  }));
})(globalThis);
