// Runs the sidebar's script as Google does, beside a stand-in for a document, and does what it is told, line by line.
//
// Each line on standard input is {"do": …}; each is answered with one line. `handle` calls what the sidebar's page calls;
// the others play the person in the document. Calls to the hub are real ones.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import vm from "node:vm";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { documentObject, wrap } from "./document_app.mjs";
import { Doc, ElementType, ParagraphHeading, words } from "./document_tree.mjs";

const [folder, configuration] = process.argv.slice(2);
let doc = null;
let token = "";
let locked = false;
let calls = [];
let lose = 0;
let fail = 0;
const properties = new Map();

// UrlFetchApp waits for its answer, so a thread of its own makes the call while this one stands still.
const FETCH = `
const { workerData: woken, parentPort } = require("node:worker_threads");
parentPort.once("message", ({ port }) => port.on("message", async ({ url, options }) => {
  const type = options.contentType ? { "Content-Type": options.contentType } : {};
  let told;
  try {
    const answer = await fetch(url, { method: options.method, headers: { ...options.headers, ...type }, body: options.payload, redirect: "manual" });
    told = { status: answer.status, text: await answer.text() };
  } catch {
    told = null;
  }
  port.postMessage(told);
  Atomics.store(woken, 0, 1);
  Atomics.notify(woken, 0);
}));`;
const woken = new Int32Array(new SharedArrayBuffer(4));
const caller = new Worker(FETCH, { eval: true, workerData: woken });
const { port1: line, port2: port } = new MessageChannel();
caller.postMessage({ port }, [port]);
caller.unref();

function fetchNow(url, options) {
  calls.push({ url, method: options.method, body: options.payload ? JSON.parse(options.payload) : null });
  // The hub is not reached at all.
  if (fail > 0 && fail-- === 1) throw new Error(`Address unavailable: ${url}`);
  Atomics.store(woken, 0, 0);
  line.postMessage({ url, options: plain(options) });
  Atomics.wait(woken, 0, 0);
  const told = receiveMessageOnPort(line).message;
  if (told === null) throw new Error(`Address unavailable: ${url}`);
  // The hub did what it was asked, and its answer is lost on the way.
  if (lose > 0 && lose-- === 1) throw new Error(`Timeout: ${url}`);
  return { getResponseCode: () => told.status, getContentText: () => told.text };
}

const userProperties = {
  getProperty: (name) => properties.get(name) ?? null,
  getProperties: () => Object.fromEntries(properties),
  setProperty: (name, value) => properties.set(name, value),
  deleteProperty: (name) => properties.delete(name),
};
const shown = { menu: [], sidebar: null };
const menu = { addItem: (...item) => (shown.menu.push(item), menu), addToUi: () => {} };
const output = (content) => ({
  getContent: () => content,
  setTitle(title) {
    this.title = title;
    return this;
  },
});

const context = vm.createContext({
  DocumentApp: {
    ElementType,
    ParagraphHeading,
    getActiveDocument: () => documentObject(doc),
    getUi: () => ({
      createAddonMenu: () => menu,
      showSidebar: (page) => {
        shown.sidebar = page.getContent();
      },
    }),
  },
  UrlFetchApp: { fetch: fetchNow },
  ScriptApp: { getIdentityToken: () => token || null },
  LockService: { getDocumentLock: () => ({ tryLock: () => !locked, releaseLock: () => {} }) },
  PropertiesService: { getUserProperties: () => userProperties },
  Utilities: {
    DigestAlgorithm: { SHA_256: "sha256" },
    Charset: { UTF_8: "utf8" },
    // Bytes are signed in Apps Script.
    computeDigest: (algorithm, value, charset) => [
      ...new Int8Array(createHash(algorithm).update(value, charset).digest()),
    ],
  },
  HtmlService: {
    createHtmlOutputFromFile: (name) => output(readFileSync(join(folder, `${name}.html`), "utf8")),
    createTemplateFromFile: (name) => ({
      evaluate() {
        const source = readFileSync(join(folder, `${name}.html`), "utf8");
        return output(source.replace(/<\?!= (.+?);? \?>/g, (_, code) => vm.runInContext(code, context)));
      },
    }),
  },
});

// Google loads one file after the other into one scope: a file's own lines cannot use what a later one defines.
vm.runInContext(configuration, context, { filename: "Config.gs" });
for (const name of readdirSync(folder)
  .filter((one) => one.endsWith(".gs") && one !== "Config.gs")
  .sort()) {
  vm.runInContext(readFileSync(join(folder, name), "utf8"), context, { filename: name });
}

// What the script does not expect is told to people in plain words; whoever reads a failing test wants the rest.
const told = context.told_;
context.told_ = (error) => {
  if (!error?.problem) process.stderr.write(`${error?.stack}\n`);
  return told(error);
};

const plain = (value) => JSON.parse(JSON.stringify(value ?? null));
const node = (path, tab) => doc.at(path, tab ? doc.tab(tab) : doc.active);

function shownBlock(one) {
  if (one.kind === "TABLE")
    return { table: one.children.map((row) => row.children.map((cell) => cell.children.map(shownBlock))) };
  if (one.kind === "TABLE_OF_CONTENTS") return { toc: one.children.map(shownBlock) };
  const objects = one.children.filter((child) => child.kind !== "TEXT").map((child) => child.kind);
  const simple =
    one.kind === "PARAGRAPH" &&
    one.attributes.heading === "NORMAL" &&
    one.attributes.ltr &&
    !objects.length &&
    !one.attributes.style;
  return simple
    ? words(one)
    : { kind: one.kind, text: words(one), ...one.attributes, ...(objects.length ? { objects } : {}) };
}

const DO = {
  document: ({ spec, options }) => {
    doc = new Doc(spec, options);
  },
  copyOf: ({ id }) => {
    doc.id = id;
  },
  options: (given) => Object.assign(doc.options, given.options),
  token: (given) => {
    token = given.token;
  },
  lock: (given) => {
    locked = given.locked;
  },
  fail: (given) => {
    fail = given.call;
  },
  lose: (given) => {
    lose = given.call;
  },
  handle: ({ action, given }) => vm.runInContext("handle", context)(action, given),
  global: ({ name, given }) => vm.runInContext(name, context)(...(given ?? [])),
  select({ parts, tab }) {
    if (tab) doc.active = doc.tab(tab);
    doc.cursor = null;
    doc.selection =
      parts &&
      parts.map(({ path, start, end }) =>
        start === undefined ? { node: node(path), whole: true } : { node: node(path), start, end },
      );
  },
  cursor({ path, offset, tab }) {
    if (tab) doc.active = doc.tab(tab);
    doc.selection = null;
    doc.cursor = path ? { node: node(path), offset } : null;
  },
  type: ({ path, offset, text, tab }) => {
    wrap(doc, node(path, tab)).insertText(offset, text);
  },
  erase: ({ path, start, end, tab }) => {
    wrap(doc, node(path, tab)).deleteText(start, end - 1);
  },
  remove: ({ path, tab }) => {
    wrap(doc, node(path, tab)).removeFromParent();
  },
  paragraph: ({ path, at, text, tab }) => {
    wrap(doc, node(path, tab)).insertParagraph(at, text);
  },
  nameRange: ({ name, parts, tab }) => {
    const here = tab ? doc.tab(tab) : doc.active;
    here.ranges.push({
      name,
      id: name,
      parts: parts.map(({ path, start, end }) =>
        start === undefined ? { node: node(path, tab), whole: true } : { node: node(path, tab), start, end },
      ),
    });
  },
  section: ({ section, tab }) => node([section], tab).children.map(shownBlock),
  names: () =>
    [...doc.every()].flatMap((tab) =>
      tab.ranges.map((one) => [
        one.name,
        one.parts
          .map((part) => (part.whole ? words(part.node) : part.node.text.slice(part.start, part.end)))
          .join("\n"),
      ]),
    ),
  selected: () =>
    (doc.selection ?? [])
      .map((part) => (part.whole ? words(part.node) : part.node.text.slice(part.start, part.end)))
      .join("\n"),
  calls: () => {
    const made = calls;
    calls = [];
    return made;
  },
  properties: () => Object.fromEntries(properties),
  shown: () => shown,
};

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  let answer;
  try {
    answer = { value: plain(DO[order.do](order)) };
  } catch (error) {
    answer = { error: String(error?.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
