// Stands in for Adobe's add-on SDK in tests: one page with text boxes, a rendition, storage, and the sign-in window.
// `code.js` runs as it ships; only the two modules it imports are these.
const EXPRESS = "https://new.express.adobe.com";
const REDIRECT = `${EXPRESS}/static/oauth-redirect.html`;
const design = (globalThis.design = {
  id: "urn:aaid:sc:EU:doc-1", title: "Summer launch", theme: new URLSearchParams(location.search).get("theme") || "light",
  boxes: [], selected: [], renditions: 0, kept: {},
});
let made = 0;

class Children extends Array {
  append(...nodes) { this.push(...nodes); }
}

function text(words) {
  made += 1;
  const node = { type: "Text", id: `box-${made}`, allChildren: [], fullContent: { id: `flow-${made}`, text: words } };
  node.removeFromParent = () => design.boxes.splice(design.boxes.indexOf(node), 1);
  return node;
}

design.boxes = new Children();
design.write = (words) => { const node = text(words); design.boxes.push(node); return node.id; };
const page = { type: "Page", get allChildren() { return design.boxes; } };
const editor = {
  documentRoot: { pages: [page] },
  createText: text,
  context: {
    currentPage: page,
    insertionParent: { get children() { return design.boxes; } },
    get selection() { return design.selected; },
    set selection(node) { design.selected = [node]; },
  },
};

let api = null;
globalThis.sdkParts = { addOnSandboxSdk: { instance: { runtime: { exposeApi: (given) => { api = given; } } } }, editor };

async function sandbox() {
  const source = await (await fetch("code.js")).text();
  const own = source
    .replace(/^import addOnSandboxSdk from .*$/m, "const { addOnSandboxSdk } = globalThis.sdkParts;")
    .replace(/^import \{ editor \} from .*$/m, "const { editor } = globalThis.sdkParts;");
  await import(URL.createObjectURL(new Blob([own], { type: "text/javascript" })));
}

// Express opens the window itself: the panel's frame may not talk to it.
function authorize({ authorizationUrl, clientId, scope, codeChallenge, windowSize }) {
  const state = Math.random().toString(36).slice(2);
  const asked = new URLSearchParams({
    response_type: "code", client_id: clientId, redirect_uri: REDIRECT, scope, state,
    code_challenge: codeChallenge, code_challenge_method: "S256",
  });
  const size = `width=${windowSize.width},height=${windowSize.height}`;
  parent.postMessage({ authorize: `${authorizationUrl}?${asked}`, size }, EXPRESS);
  return new Promise((done) => {
    addEventListener("message", function heard({ data, origin }) {
      if (origin !== EXPRESS || !data.signedIn) return;
      removeEventListener("message", heard);
      const { status, code, state: theirs } = data.signedIn;
      const mine = status === "SUCCESS" && theirs === state;
      done(mine ? { code, redirectUri: REDIRECT, result: { status } } : { result: { status: code ? "FAILED" : status } });
    });
  });
}

async function createRenditions(asked) {
  design.renditions += 1;
  const canvas = document.createElement("canvas");
  canvas.width = asked.requestedSize.width;
  canvas.height = 576;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#f0c47a";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", asked.quality));
  return [{ blob, title: design.title, type: "page" }];
}

const store = {
  getItem: async (name) => design.kept[name],
  setItem: async (name, value) => { design.kept[name] = value; },
  removeItem: async (name) => { delete design.kept[name]; },
};
export default {
  ready: sandbox(),
  constants: {
    RuntimeType: { documentSandbox: "documentSandbox" }, Range: { currentPage: "currentPage" },
    RenditionFormat: { jpg: "image/jpeg" }, RenditionIntent: { preview: "preview" },
  },
  instance: {
    clientStorage: store,
    runtime: { apiProxy: async () => new Proxy({}, { get: (_, name) => name === "then" ? undefined : async (...given) => structuredClone(api[name](...given)) }) },
  },
  app: {
    ui: { theme: design.theme },
    on: (name, act) => { if (name === "themechange") design.dress = (theme) => act({ theme }); },
    oauth: { authorize },
    document: { id: async () => design.id, title: async () => design.title, createRenditions },
  },
};
