// The half of the Express panel that may touch the document: reads the texts of the page, and writes one.
import addOnSandboxSdk from "add-on-sdk-document-sandbox";
import { editor } from "express-document-sdk";

/** @typedef {import("express-document-sdk").Node} Node */
/** @typedef {import("express-document-sdk").TextNode} TextNode */

/** @param {Iterable<any>} nodes @returns {Generator<any>} */
function* texts(nodes) {
  for (const node of nodes) {
    if (node.type === "Text") yield node;
    else yield* texts(node.allChildren);
  }
}

/** The same text may run through several boxes. @param {Iterable<any>} nodes */
function said(nodes) {
  const seen = new Set();
  const found = [];
  for (const node of texts(nodes)) {
    const content = node.fullContent;
    if (seen.has(content.id)) continue;
    seen.add(content.id);
    if (content.text.trim()) found.push(content.text);
  }
  return found.join("\n\n");
}

/** @param {string} place the id of a text box @returns {any} */
function box(place) {
  for (const node of texts(editor.documentRoot.pages)) if (node.id === place) return node;
  return null;
}

/** Whether it stands there as it was left; Express ends its lines in its own way. @param {any} node @param {string} text */
function stands(node, text) {
  const plain = (/** @type {string} */ one) => one.replace(/\r\n?|[\u2028\u2029]/g, "\n").trim();
  return node !== null && plain(node.fullContent.text) === plain(text);
}

export const documents = {
  /** What is selected, or all texts of the page. */
  readText() {
    return said(editor.context.selection) || said([editor.context.currentPage]);
  },

  /** A new text box, selected, so that the person can place it. @param {string} text */
  insertText(text) {
    const made = editor.createText(text);
    editor.context.insertionParent.children.append(made);
    editor.context.selection = made;
    return made.id;
  },

  /** @param {string} place @param {string} from @param {string} to */
  changeText(place, from, to) {
    const node = box(place);
    if (!stands(node, from)) return false;
    node.fullContent.text = to;
    return true;
  },

  /** @param {string} place @param {string} text */
  removeText(place, text) {
    const node = box(place);
    if (!stands(node, text)) return false;
    node.removeFromParent();
    return true;
  },
};

addOnSandboxSdk.instance.runtime.exposeApi(documents);
