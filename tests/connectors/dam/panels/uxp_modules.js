// Stands in for what UXP gives a panel in Photoshop and InDesign: the modules `uxp`, `photoshop` and `indesign`.
// `design` is what a person sees and does there. It counts the steps they could undo, and refuses what the programs do.
(() => {
  const JPEG =
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB" +
    "AQEBAQEBAQEBAQEBAQH/wAALCAABAAEBAREA/9oACAEBAAA/ANI=";
  const bytes = (text) => Uint8Array.from(text, (one) => one.charCodeAt(0));

  const design = (globalThis.design = {
    open: true, width: 3000, height: 2000, items: [], selected: [], steps: [], opened: [], deleted: [],
    /** Set by tests: somebody answers no, a dialog is open, a change fails, how large a page of 96 dots an inch is. */
    refuses: false, busy: false, fails: "", weighs: 100,
    write(words, { hidden = false } = {}) {
      design.items.push(new Item(words.replace(/\n/g, "\r"), hidden));
    },
    /** A person types: that is a step of their own. */
    retype(at, words) {
      design.items[at].words = words;
    },
    select: (at) => { design.selected = [design.items[at]]; },
    texts: () => design.items.map((one) => one.words),
  });

  // What is being changed, as one step or as several.
  let scope = null;
  let made = 100;

  function changed(what) {
    if (design.fails && scope) throw new Error(design.fails);
    if (scope) scope.changed = true;
    else if (globalThis.INLAY.client === "photoshop") throw new Error(`${what} outside of a step`);
    else design.steps.push(what);
  }

  function inOneStep(name) {
    const before = design.items.map((one) => [one, one.words]);
    scope = { changed: false };
    return {
      end(kept) {
        if (!kept) design.items = before.map(([one, words]) => Object.assign(one, { words }));
        else if (scope.changed) design.steps.push(name);
        scope = null;
      },
    };
  }

  /** A text layer, or a text frame with its story. */
  class Item {
    constructor(words, hidden = false) {
      Object.assign(this, { id: (made += 1), words, visible: !hidden, kind: "text", isValid: true });
      const item = this;
      const contents = {
        get contents() { return item.words; },
        set contents(now) { changed("a text"); item.words = now; },
      };
      this.textItem = contents;
      this.constructorName = "TextFrame";
      this.itemLayer = { visible: true };
      this.parentStory = Object.defineProperty({ id: item.id }, "contents", {
        get: () => item.words,
        set: (now) => { contents.contents = now; },
      });
    }

    // A frame ends where it ends, whatever its story says.
    get contents() { return this.words.slice(0, 20); }
    set contents(now) { this.textItem.contents = now; }
    set geometricBounds(bounds) { changed("bounds"); this.bounds = bounds; }
    fit(how) { changed("a size"); this.fitted = how; }
    remove() { changed("a frame"); this.isValid = false; design.items.splice(design.items.indexOf(this), 1); }
    async delete() { this.remove(); }
  }

  function added(words) {
    changed("a text");
    const item = new Item(words);
    design.items.push(item);
    return item;
  }

  const photoshopDocument = {
    id: 7, name: "Summer.psd",
    get width() { return design.width; },
    get height() { return design.height; },
    get layers() {
      const group = { id: 900, kind: "group", visible: true, layers: design.items };
      return [group, { id: 901, kind: "pixel", visible: true, layers: null }];
    },
    get activeLayers() { return design.selected; },
    async createTextLayer({ contents, fontSize }) {
      return Object.assign(added(contents), { fontSize });
    },
  };

  const photoshop = {
    constants: { LayerKind: { TEXT: "text" } },
    app: {
      get documents() { return design.open ? [photoshopDocument] : []; },
      get activeDocument() { return photoshopDocument; },
    },
    core: {
      async executeAsModal(act, { commandName }) {
        if (!commandName) throw new Error("A command needs a name.");
        if (design.busy) throw Object.assign(new Error("host is in a modal state"), { number: 9 });
        let step = null;
        design.modal = true;
        const hostControl = {
          async suspendHistory({ documentID, name }) {
            if (documentID === 7) step = inOneStep(name);
            return { historySuspensionID: 1 };
          },
          async resumeHistory({ historySuspensionID }) {
            if (historySuspensionID === 1) step.end(true);
            step = null;
          },
        };
        try {
          return await act({ hostControl });
        } finally {
          // What the plugin did not resume itself, because it failed, is rolled back.
          if (step) step.end(false);
          design.modal = false;
        }
      },
    },
    imaging: {
      async getPixels({ targetSize, componentSize, colorSpace, applyAlpha }) {
        if (!design.modal) throw new Error("pixels outside of a modal scope");
        design.picture = { ...targetSize, componentSize, colorSpace, applyAlpha };
        return { imageData: { dispose: () => { design.disposed = true; } } };
      },
      encodeImageData: async ({ base64 }) => (base64 ? JPEG : bytes(atob(JPEG))),
    },
  };

  function collection(list, more) {
    const byId = (id) => list().find((one) => one.id === id) || { isValid: false };
    return { get length() { return list().length; }, item: (at) => list()[at], itemByID: byId, ...more };
  }

  const frames = collection(() => design.items, { add: () => added("") });
  const page = {
    name: "iv", bounds: [0, 0, 297, 210], textFrames: frames,
    get allPageItems() { return [{ constructorName: "Rectangle", visible: true }, ...design.items]; },
  };
  const files = {};
  const exported = (format, path) => {
    const wanted = indesign.app.jpegExportPreferences;
    design.picture = { format, ...wanted };
    files[path] = bytes(atob(JPEG).padEnd(design.weighs * (wanted.exportResolution / 96) ** 2, "\0"));
  };
  const indesignDocument = {
    id: 7, name: "Summer.indd", textFrames: frames,
    exportFile: async (format, path) => exported(format, path),
    layoutWindows: collection(() => [{ constructorName: "LayoutWindow", activePage: page }]),
  };
  const preferences = {
    jpegExportRange: "mine", jpegQuality: "mine", jpegColorSpace: "CMYK", exportingSpread: true,
    pageString: "mine", exportResolution: 300,
  };
  design.preferences = preferences;
  const indesign = {
    ExportFormat: { JPG: "jpg" }, ExportRangeOrAllPages: { EXPORT_RANGE: "range" },
    JPEGOptionsQuality: { MEDIUM: "medium" }, JpegColorSpaceEnum: { RGB: "RGB" },
    FitOptions: { FRAME_TO_CONTENT: "content" },
    ScriptLanguage: { UXPSCRIPT: "uxp" }, UndoModes: { ENTIRE_SCRIPT: "entire" },
    app: {
      documents: collection(() => (design.open ? [indesignDocument] : [])),
      get activeDocument() { return indesignDocument; },
      // The story editor has no page.
      get activeWindow() { return { constructorName: "StoryWindow" }; },
      get selection() { return design.selected; },
      jpegExportPreferences: preferences,
      doScript(script, language, given, mode, name) {
        if (language !== "uxp" || mode !== "entire" || !name) throw new Error("not one step");
        const step = inOneStep(name);
        script();
        step.end(true);
      },
    },
  };

  const kept = {};
  // What the panel kept when it was open before.
  for (const [name, value] of Object.entries(globalThis.keptBefore || {})) kept[name] = bytes(value);
  const temporary = {
    createFile: async (name) => {
      const nativePath = `/tmp/${name}`;
      files[nativePath] = bytes("");
      const read = async ({ format }) => (format === "binary" ? files[nativePath].buffer : "");
      return { nativePath, read, delete: async () => { design.deleted.push(nativePath); } };
    },
  };
  const uxp = {
    shell: {
      async openExternal(url) {
        if (design.refuses) return "The user did not allow it.";
        design.opened.push(url);
        return "";
      },
    },
    storage: {
      // As documented: values are kept as bytes, and what is not there is not removed.
      secureStorage: {
        getItem: async (name) => kept[name] || null,
        setItem: async (name, value) => { kept[name] = bytes(value); },
        removeItem: async (name) => {
          if (!(name in kept)) throw new Error("nothing to remove");
          delete kept[name];
        },
      },
      formats: { binary: "binary" },
      localFileSystem: { getTemporaryFolder: async () => temporary },
    },
  };
  design.kept = kept;
  globalThis.require = (name) => {
    const found = { uxp, [globalThis.INLAY.client]: { photoshop, indesign }[globalThis.INLAY.client] }[name];
    if (!found) throw new Error(`There is no module ${name} here.`);
    return found;
  };

  // What a browser has and UXP has not (developer.adobe.com/photoshop/uxp/2022/guides/uxp_guide/unsupported).
  const missing = (of, name) => Object.defineProperty(of, name, { get() { throw new Error(`UXP has no ${name}.`); } });
  for (const of of [Document.prototype, Element.prototype]) missing(of, "getElementsByClassName");
  missing(HTMLElement.prototype, "dataset");
  delete globalThis.open;
})();
