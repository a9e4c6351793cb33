// The document behind the stand-in for DocumentApp: sections, paragraphs, texts, tables, tabs, and named ranges in them.

export const BLOCKS = ["PARAGRAPH", "LIST_ITEM"];
export const CONTAINERS = [
  "BODY_SECTION",
  "HEADER_SECTION",
  "FOOTER_SECTION",
  "FOOTNOTE_SECTION",
  "TABLE",
  "TABLE_ROW",
  "TABLE_CELL",
  "TABLE_OF_CONTENTS",
];
export const HOLD_BLOCKS = ["BODY_SECTION", "HEADER_SECTION", "FOOTER_SECTION", "FOOTNOTE_SECTION", "TABLE_CELL"];
export const ElementType = Object.fromEntries(
  [...BLOCKS, ...CONTAINERS, "TEXT", "INLINE_IMAGE", "FOOTNOTE", "PAGE_BREAK", "HORIZONTAL_RULE"].map((kind) => [
    kind,
    kind,
  ]),
);
export const ParagraphHeading = { NORMAL: "NORMAL", HEADING1: "HEADING1", HEADING2: "HEADING2", TITLE: "TITLE" };

export class Doc {
  constructor(spec, options = {}) {
    this.id = spec.id;
    this.name = spec.name ?? "Untitled";
    this.options = { wholes: "text", noNames: [], ...options };
    this.tabs = spec.tabs.map((tab) => this._tab(tab));
    this.active = this.tabs[0];
    this.selection = null;
    this.cursor = null;
  }

  _tab(spec) {
    const tab = { id: spec.id, title: spec.title ?? "", ranges: [], footnotes: [], children: [] };
    tab.sections = {};
    for (const [name, kind] of [
      ["body", "BODY_SECTION"],
      ["header", "HEADER_SECTION"],
      ["footer", "FOOTER_SECTION"],
    ]) {
      if (spec[name])
        tab.sections[name] = make(
          kind,
          spec[name].map((one) => block(one, tab)),
        );
    }
    tab.children = (spec.childTabs ?? []).map((one) => this._tab(one));
    return tab;
  }

  *every(tabs = this.tabs) {
    for (const tab of tabs) {
      yield tab;
      yield* this.every(tab.children);
    }
  }

  tab(id) {
    return [...this.every()].find((tab) => tab.id === id);
  }

  at(path, tab = this.active) {
    const [section, ...rest] = path;
    const root =
      typeof section === "string" && section.startsWith("footnote:")
        ? tab.footnotes[Number(section.slice(9))]
        : tab.sections[section];
    return rest.reduce((node, index) => node.children[index], root);
  }

  // Every named range of the document that has a part in this node.
  *parts(node) {
    for (const tab of this.every())
      for (const range of tab.ranges) for (const part of range.parts) if (part.node === node) yield [range, part];
  }

  tidy() {
    const root = (node) => (node.parent ? root(node.parent) : node);
    for (const tab of this.every()) {
      const roots = [...Object.values(tab.sections), ...tab.footnotes];
      for (const range of tab.ranges) {
        range.parts = range.parts.filter(
          (part) => roots.includes(root(part.node)) && (part.whole || part.end > part.start),
        );
      }
      tab.ranges = tab.ranges.filter((range) => range.parts.length);
    }
  }
}

export const make = (kind, children = [], more = {}) => {
  const node = { kind, children, parent: null, ...more };
  for (const child of children) child.parent = node;
  return node;
};
export const text = (words) => ({ kind: "TEXT", text: words, parent: null });

function block(spec, tab) {
  if (typeof spec === "string") spec = { p: spec };
  if (spec.table) {
    const cells = (row) =>
      row.map((cell) =>
        make(
          "TABLE_CELL",
          [cell].flat().map((one) => block(one, tab)),
        ),
      );
    return make(
      "TABLE",
      spec.table.map((row) => make("TABLE_ROW", cells(row))),
    );
  }
  if (spec.toc)
    return make(
      "TABLE_OF_CONTENTS",
      spec.toc.map((one) => block(one, tab)),
    );
  const parts = spec.parts ?? [spec.p ?? spec.li];
  const children = parts
    .filter((part) => part !== "")
    .map((part) => {
      if (typeof part === "string") return text(part);
      if (part.footnote) {
        tab.footnotes.push(
          make(
            "FOOTNOTE_SECTION",
            part.footnote.map((one) => block(one, tab)),
          ),
        );
        return make("FOOTNOTE");
      }
      return make(part.kind);
    });
  const attributes = {
    heading: spec.heading ?? "NORMAL",
    ltr: spec.ltr ?? true,
    list: spec.list ?? null,
    style: spec.style ?? "",
  };
  return make(spec.li !== undefined ? "LIST_ITEM" : "PARAGRAPH", children, { attributes });
}

export const clone = (node) =>
  node.kind === "TEXT"
    ? text(node.text)
    : make(node.kind, node.children.map(clone), node.attributes ? { attributes: { ...node.attributes } } : {});
export const words = (node) =>
  node.kind === "TEXT" ? node.text : node.children.map(words).join(CONTAINERS.includes(node.kind) ? "\n" : "");
