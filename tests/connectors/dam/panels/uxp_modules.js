// Stands in for what UXP gives a panel in Photoshop and InDesign: the modules `uxp`, `photoshop` and `indesign`. It counts
// the steps a person could undo, and refuses a change outside of one.
const bytes = (text) => Uint8Array.from(text, (one) => one.charCodeAt(0));
const kept = {};
// What the panel kept when it was open before.
for (const [name, value] of Object.entries(globalThis.keptBefore || {})) kept[name] = bytes(value);
const design = (globalThis.design = { open: true, id: 7, name: "Summer.psd", layers: [], active: [], steps: [], modal: 0, opened: [], pictures: 0 });
let made = 0;
let inStep = false;
const JPEG = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQH/wAALCAABAAEBAREA/9oACAEBAAA/ANI=";

function changed(what) {
  if (design.modal === 0 || !inStep) throw new Error(`${what} outside of a step`);
}

function textLayer(words) {
  made += 1;
  const layer = { id: made, kind: "text", textItem: { words } };
  Object.defineProperty(layer.textItem, "contents", { get: () => layer.textItem.words, set: (now) => { changed("a text"); layer.textItem.words = now; } });
  layer.delete = async () => { changed("a layer"); design.layers.splice(design.layers.indexOf(layer), 1); };
  return layer;
}

design.write = (words) => { const layer = textLayer(words.replace(/\n/g, "\r")); design.layers.push(layer); return layer.id; };
design.texts = () => design.layers.map((layer) => layer.textItem.words);

const photoshopDocument = {
  get id() { return design.id; }, get name() { return design.name; }, width: 3000, height: 2000,
  get layers() { return [{ id: 900, kind: "group", layers: design.layers }]; }, get activeLayers() { return design.active; },
  async createTextLayer({ contents }) { changed("a layer"); const layer = textLayer(contents); design.layers.push(layer); return layer; },
};
const photoshop = {
  constants: { LayerKind: { TEXT: "text" } },
  app: { get documents() { return design.open ? [photoshopDocument] : []; }, get activeDocument() { return photoshopDocument; } },
  core: {
    async executeAsModal(act, { commandName }) {
      design.modal += 1;
      const hostControl = {
        async suspendHistory({ name }) { inStep = true; return name; },
        async resumeHistory(name) { inStep = false; design.steps.push(name); },
      };
      try { return await act({ hostControl, commandName }); } finally { design.modal -= 1; }
    },
  },
  imaging: {
    async getPixels({ targetSize }) {
      if (design.modal === 0) throw new Error("pixels outside of a modal scope");
      design.pictures += 1;
      design.width = targetSize.width;
      return { imageData: { dispose() { design.disposed = true; } } };
    },
    async encodeImageData({ base64 }) { return base64 ? JPEG : new Uint8Array(); },
  },
};

function collection(list) {
  return { get length() { return list().length; }, item: (at) => list()[at], itemByID: (id) => list().find((one) => one.id === id) || { isValid: false } };
}

function frame(words) {
  made += 1;
  const one = { id: made, isValid: true, words };
  Object.defineProperty(one, "contents", { get: () => one.words, set: (now) => { design.steps.push("contents"); one.words = now; } });
  Object.defineProperty(one, "parentStory", { get: () => ({ id: one.id, contents: one.words }) });
  one.remove = () => { design.steps.push("remove"); one.isValid = false; design.layers.splice(design.layers.indexOf(one), 1); };
  return one;
}

const frames = collection(() => design.layers);
frames.add = ({ contents }) => { design.steps.push("add"); const one = frame(contents); design.layers.push(one); return one; };
const preferences = { jpegExportRange: "mine", pageString: "mine", exportResolution: 300, jpegQuality: "mine" };
design.preferences = preferences;
const indesignDocument = { get id() { return design.id; }, get name() { return design.name; }, textFrames: frames, exportFile: async () => { design.pictures += 1; } };
const indesign = {
  ExportFormat: { JPG: "jpg" }, ExportRangeOrAllPages: { EXPORT_RANGE: "range" }, JPEGOptionsQuality: { MEDIUM: "medium" },
  app: {
    documents: collection(() => (design.open ? [indesignDocument] : [])), get activeDocument() { return indesignDocument; },
    get selection() { return design.active; }, activeWindow: { activePage: { name: "1", textFrames: frames } }, jpegExportPreferences: preferences,
  },
};
design.frame = (words) => { const one = frame(words.replace(/\n/g, "\r")); design.layers.push(one); return one.id; };

const uxp = {
  shell: { openExternal: async (url) => { design.opened.push(url); } },
  storage: {
    // As documented: values are kept as bytes.
    secureStorage: {
      getItem: async (name) => kept[name] || null,
      setItem: async (name, value) => { kept[name] = bytes(value); },
      removeItem: async (name) => { delete kept[name]; },
    },
    formats: { binary: "binary" },
    localFileSystem: {
      getTemporaryFolder: async () => ({ createFile: async () => ({ nativePath: "/tmp/page.jpg", read: async () => bytes(atob(JPEG)).buffer, delete: async () => { design.deleted = true; } }) }),
    },
  },
};
globalThis.require = (name) => ({ uxp, photoshop, indesign })[name];
