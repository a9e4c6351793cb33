// A small stand-in for Google's DocumentApp: paragraphs, list items, tables, headers, footnotes, tabs, named ranges.
//
// What it is strict about, because the real one is, or because what the real one does is not documented:
// each access gives a new object; a section's or cell's last paragraph cannot be removed; a text that becomes empty is
// gone; a line feed inside inserted text is refused; characters Google strips are stripped; offsets are UTF-16 units;
// named ranges follow edits, and shrink and split as text in them goes.

import { BLOCKS, clone, CONTAINERS, HOLD_BLOCKS, make, text, words } from "./document_tree.mjs";

const STRIPPED = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ue000-\uf8ff]/g;

function inserted(words) {
  if (words.includes("\n")) throw new Error("A line feed inside a text: what becomes of it is not documented.");
  return words.replace(STRIPPED, "");
}

function detach(doc, node) {
  node.parent.children.splice(node.parent.children.indexOf(node), 1);
  node.parent = null;
  doc.tidy();
}

class Element {
  constructor(doc, node) {
    this.doc = doc;
    this.node = node;
  }
  getType() {
    return this.node.kind;
  }
  getParent() {
    return this.node.parent ? wrap(this.doc, this.node.parent) : null;
  }
  getNextSibling() {
    return this._beside(1);
  }
  getPreviousSibling() {
    return this._beside(-1);
  }
  _beside(step) {
    const siblings = this.node.parent.children;
    const found = siblings[siblings.indexOf(this.node) + step];
    return found ? wrap(this.doc, found) : null;
  }
  removeFromParent() {
    const parent = this.node.parent;
    if (HOLD_BLOCKS.includes(parent.kind) && parent.children.at(-1) === this.node) {
      throw new Error("Can't remove the last paragraph in a document section.");
    }
    detach(this.doc, this.node);
    return this;
  }
}

class TextElement extends Element {
  asText() {
    return wrap(this.doc, this.node);
  }
  getText() {
    return this.node.text;
  }
  insertText(offset, words) {
    this._attached();
    words = inserted(words);
    this.node.text = this.node.text.slice(0, offset) + words + this.node.text.slice(offset);
    for (const [, part] of this.doc.parts(this.node)) {
      if (part.whole) continue;
      if (offset <= part.start) part.start += words.length;
      if (offset < part.end) part.end += words.length;
    }
    return this;
  }
  deleteText(start, last) {
    this._attached();
    const end = last + 1;
    if (start < 0 || end > this.node.text.length || end <= start) throw new Error("Index out of range.");
    this.node.text = this.node.text.slice(0, start) + this.node.text.slice(end);
    const moved = (at) => (at <= start ? at : at >= end ? at - (end - start) : start);
    for (const [, part] of this.doc.parts(this.node)) {
      if (!part.whole) [part.start, part.end] = [moved(part.start), moved(part.end)];
    }
    this.doc.tidy();
    if (!this.node.text) detach(this.doc, this.node);
    return this;
  }
  removeFromParent() {
    detach(this.doc, this.node);
    return this;
  }
  _attached() {
    if (!this.node.parent) throw new Error("Element must be attached.");
  }
}

class Holder extends Element {
  getNumChildren() {
    return this.node.children.length;
  }
  getChild(at) {
    if (!this.node.children[at]) throw new Error("Child index out of range.");
    return wrap(this.doc, this.node.children[at]);
  }
  getChildIndex(child) {
    const at = this.node.children.indexOf(child.node);
    if (at < 0) throw new Error("Not a child of this element.");
    return at;
  }
  getText() {
    return words(this.node);
  }
  removeChild(child) {
    detach(this.doc, child.node);
    return this;
  }
  _insert(at, node) {
    node.parent = this.node;
    this.node.children.splice(at, 0, node);
    return wrap(this.doc, node);
  }
}

class Block extends Holder {
  insertText(at, words) {
    return this._insert(at, text(inserted(words)));
  }
  appendText(words) {
    return this.insertText(this.node.children.length, words);
  }
  clear() {
    for (const child of [...this.node.children]) detach(this.doc, child);
    return this;
  }
  copy() {
    return wrap(this.doc, clone(this.node));
  }
  merge() {
    const before = this.getPreviousSibling();
    if (!before || before.getType() !== this.getType())
      throw new Error("Element must be preceded by one of its own type.");
    const last = before.node.children.at(-1);
    for (const child of [...this.node.children]) {
      if (last?.kind === "TEXT" && child.kind === "TEXT") {
        for (const [, part] of this.doc.parts(child))
          Object.assign(part, { node: last, start: part.start + last.text.length, end: part.end + last.text.length });
        last.text += child.text;
      } else {
        child.parent = before.node;
        before.node.children.push(child);
      }
    }
    this.node.children = [];
    detach(this.doc, this.node);
    return before;
  }
  setHeading(heading) {
    this.node.attributes.heading = heading;
    return this;
  }
  getHeading() {
    return this.node.attributes.heading;
  }
  isLeftToRight() {
    return this.node.attributes.ltr;
  }
  setLeftToRight(ltr) {
    this.node.attributes.ltr = ltr;
    return this;
  }
}

class Container extends Holder {}
class Section extends Container {
  insertParagraph(at, given) {
    return this._block(at, given, "PARAGRAPH");
  }
  insertListItem(at, given) {
    return this._block(at, given, "LIST_ITEM");
  }
  _block(at, given, kind) {
    if (typeof given === "string")
      return this._insert(
        at,
        make(kind, given ? [text(inserted(given))] : [], {
          attributes: { heading: "NORMAL", ltr: true, list: null, style: "" },
        }),
      );
    if (given.node.kind !== kind || given.node.parent) throw new Error("A copy of this kind of element is needed.");
    return this._insert(at, given.node);
  }
}

export function wrap(doc, node) {
  if (node.kind === "TEXT") return new TextElement(doc, node);
  if (BLOCKS.includes(node.kind)) return new Block(doc, node);
  if (HOLD_BLOCKS.includes(node.kind)) return new Section(doc, node);
  return CONTAINERS.includes(node.kind) ? new Container(doc, node) : new Element(doc, node);
}

// A part as it is given back: Google may answer with the text, or with the paragraph that holds nothing else.
function rangeElement(doc, part) {
  const all = part.whole || (part.start === 0 && part.end === part.node.text.length);
  const only = all && part.node.kind === "TEXT" && part.node.parent.children.length === 1;
  const node = only && doc.options.wholes === "block" ? part.node.parent : part.node;
  return {
    getElement: () => wrap(doc, node),
    isPartial: () => !all,
    getStartOffset: () => (all ? -1 : part.start),
    getEndOffsetInclusive: () => (all ? -1 : part.end - 1),
  };
}

const range = (doc, parts) => ({ parts, getRangeElements: () => parts.map((part) => rangeElement(doc, part)) });

class Builder {
  constructor(doc) {
    Object.assign(this, { doc, parts: [] });
  }
  addElement(element, start, last) {
    if (start === undefined) this.parts.push({ node: element.node, whole: true });
    else {
      if (last < start || last >= element.node.text.length) throw new Error("Index out of range.");
      this.parts.push({ node: element.node, start, end: last + 1 });
    }
    return this;
  }
  build() {
    return range(this.doc, this.parts);
  }
}

const namedRange = (doc, tab, one) => ({
  getName: () => one.name,
  getId: () => one.id,
  getRange: () => range(doc, one.parts),
  remove: () => {
    tab.ranges = tab.ranges.filter((other) => other !== one);
  },
});

function documentTab(doc, tab) {
  return {
    getBody: () => wrap(doc, tab.sections.body),
    newRange: () => new Builder(doc),
    getNamedRanges: (name) =>
      tab.ranges.filter((one) => name === undefined || one.name === name).map((one) => namedRange(doc, tab, one)),
    addNamedRange(name, given) {
      if (!name || name.length > 256) throw new Error("A name has 1 to 256 characters.");
      if (!given.parts.length) throw new Error("The range is empty.");
      const root = (node) => (node.parent ? root(node.parent) : node);
      if (given.parts.some((part) => doc.options.noNames.includes(root(part.node).kind)))
        throw new Error("Unsupported section.");
      const one = {
        name,
        id: `kix.${Math.random().toString(36).slice(2)}`,
        parts: given.parts.map((part) => ({ ...part })),
      };
      tab.ranges.push(one);
      return namedRange(doc, tab, one);
    },
  };
}

const tabObject = (doc, tab) => ({
  getId: () => tab.id,
  getTitle: () => tab.title,
  getChildTabs: () => tab.children.map((one) => tabObject(doc, one)),
  asDocumentTab: () => documentTab(doc, tab),
});

export const documentObject = (doc) => ({
  getId: () => doc.id,
  getName: () => doc.name,
  getTabs: () => doc.tabs.map((tab) => tabObject(doc, tab)),
  getActiveTab: () => tabObject(doc, doc.active),
  getTab: (id) => (doc.tab(id) ? tabObject(doc, doc.tab(id)) : null),
  setActiveTab: (id) => {
    doc.active = doc.tab(id);
  },
  newRange: () => new Builder(doc),
  getSelection: () => (doc.selection ? range(doc, doc.selection) : null),
  setSelection: (given) => {
    doc.selection = given.parts;
  },
  getCursor: () => doc.cursor && { getElement: () => wrap(doc, doc.cursor.node), getOffset: () => doc.cursor.offset },
});
