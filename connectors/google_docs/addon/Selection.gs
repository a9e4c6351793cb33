/**
 * Reads a range of the document as pieces: stretches of text, each of one paragraph or list item.
 *
 * Offsets are UTF-16 units, as Google Docs counts them and JavaScript too. Google Docs gives a new object each time it is
 * asked for an element, so that two elements are the same when their paths are.
 *
 * @typedef {GoogleAppsScript.Document.Paragraph | GoogleAppsScript.Document.ListItem} Block
 * @typedef {{block: Block, path: string, text: GoogleAppsScript.Document.Text, start: number, end: number,
 *   object: boolean}} Piece
 */

/** What the sidebar shows of the selection: its text, and whether it could be replaced. */
function selection_() {
  var found = read_();
  return {
    kind: found.kind,
    text: textOf_(found.pieces),
    replaceable: found.kind !== "none" && !unfit_(found.pieces),
    skipped: found.pieces.filter(function (piece) {
      return piece.object;
    }).length,
  };
}

/**
 * The selection, or without one the paragraph the cursor is in.
 * @returns {{kind: string, pieces: Piece[], range: GoogleAppsScript.Document.Range}}
 */
function read_() {
  var doc = DocumentApp.getActiveDocument();
  var selected = doc.getSelection();
  if (selected) {
    var pieces = pieces_(selected);
    return { kind: textOf_(pieces).trim() ? "selection" : "objects", pieces: pieces, range: selected };
  }
  var cursor = doc.getCursor();
  var block = cursor ? blockOf_(cursor.getElement()) : null;
  if (!block) return { kind: "none", pieces: [], range: null };
  var whole = doc.newRange().addElement(block).build();
  var around = pieces_(whole);
  return { kind: textOf_(around).trim() ? "paragraph" : "empty", pieces: around, range: whole };
}

/**
 * @param {GoogleAppsScript.Document.Range} range
 * @returns {Piece[]}
 */
function pieces_(range) {
  /** @type {Piece[]} */
  var pieces = [];
  range.getRangeElements().forEach(function (part) {
    var element = part.getElement();
    if (part.isPartial()) {
      pieces.push(piece_(element, part.getStartOffset(), part.getEndOffsetInclusive() + 1));
    } else {
      walk_(element, pieces);
    }
  });
  return pieces;
}

/**
 * @param {GoogleAppsScript.Document.Element} element
 * @param {Piece[]} pieces
 */
function walk_(element, pieces) {
  var kinds = DocumentApp.ElementType;
  var kind = element.getType();
  if (kind === kinds.TEXT) {
    pieces.push(piece_(element, 0, element.asText().getText().length));
  } else if (isBlock_(element) || isContainer_(element)) {
    /** @type {any} */
    var parent = element;
    var count = parent.getNumChildren();
    if (count === 0 && isBlock_(element)) pieces.push(piece_(element, 0, 0));
    for (var at = 0; at < count; at++) walk_(parent.getChild(at), pieces);
  } else {
    // An image, a footnote's number, a page break: it has no text to send, and no draft may take its place.
    pieces.push(piece_(element, 0, 0, true));
  }
}

/**
 * @param {GoogleAppsScript.Document.Element} element
 * @param {number} start
 * @param {number} end
 * @param {boolean=} object
 * @returns {Piece}
 */
function piece_(element, start, end, object) {
  var block = blockOf_(element);
  var isText = element.getType() === DocumentApp.ElementType.TEXT;
  return {
    block: block,
    path: block ? path_(block) : "",
    text: isText ? element.asText() : null,
    start: start,
    end: end,
    object: Boolean(object) || !block,
  };
}

/** @param {GoogleAppsScript.Document.Element} element */
function isBlock_(element) {
  var kinds = DocumentApp.ElementType;
  return element.getType() === kinds.PARAGRAPH || element.getType() === kinds.LIST_ITEM;
}

/** @param {GoogleAppsScript.Document.Element} element */
function isContainer_(element) {
  var kinds = DocumentApp.ElementType;
  return (
    [
      kinds.TABLE,
      kinds.TABLE_ROW,
      kinds.TABLE_CELL,
      kinds.BODY_SECTION,
      kinds.HEADER_SECTION,
      kinds.FOOTER_SECTION,
      kinds.FOOTNOTE_SECTION,
      kinds.TABLE_OF_CONTENTS,
    ].indexOf(element.getType()) >= 0
  );
}

/**
 * The paragraph or list item an element stands in, or null.
 * @param {GoogleAppsScript.Document.Element} element
 * @returns {Block}
 */
function blockOf_(element) {
  /** @type {any} */
  var at = element;
  while (at && !isBlock_(at)) at = at.getParent();
  return at;
}

/**
 * Where an element stands: the kind of its section, then the number of each child on the way down.
 * @param {any} element
 * @returns {string}
 */
function path_(element) {
  var parent = element.getParent();
  if (!parent || !parent.getChildIndex) return String(element.getType());
  return path_(parent) + "/" + parent.getChildIndex(element);
}

/**
 * The text of pieces, a line for each paragraph.
 * @param {Piece[]} pieces
 * @returns {string}
 */
function textOf_(pieces) {
  var lines = [];
  var last = null;
  pieces.forEach(function (piece) {
    if (piece.object && !piece.text) return;
    var words = piece.text ? piece.text.getText().slice(piece.start, piece.end) : "";
    if (last !== null && last === piece.path) lines[lines.length - 1] += words;
    else lines.push(words);
    last = piece.path;
  });
  // A line broken inside a paragraph is a carriage return to Apps Script.
  return lines.join("\n").replace(/\r/g, "\n");
}

/**
 * Why a draft cannot take the place of these pieces, or an empty string when it can.
 * @param {Piece[]} pieces
 * @returns {string}
 */
function unfit_(pieces) {
  if (!pieces.length) return "There is nothing to replace.";
  if (
    pieces.some(function (piece) {
      return piece.object;
    })
  ) {
    return "The text holds an image, a footnote or a break, which a replacement would take away.";
  }
  for (var at = 1; at < pieces.length; at++) {
    if (!follows_(pieces[at - 1], pieces[at])) {
      return "The text reaches over several cells, or over several places.";
    }
  }
  var last = pieces[pieces.length - 1];
  if (pieces.length > 1 && tail_(last) && last.block.getType() !== pieces[0].block.getType()) {
    return "The text ends in the middle of a paragraph of another kind than it begins in.";
  }
  return "";
}

/**
 * Whether one piece goes on where the other stops: at the start of the next paragraph of the same cell or section.
 * @param {Piece} before
 * @param {Piece} after
 */
function follows_(before, after) {
  var from = before.path.split("/");
  var to = after.path.split("/");
  var apart = Number(to.pop()) - Number(from.pop());
  return apart === 1 && from.join("/") === to.join("/") && !tail_(before) && !head_(after);
}

/**
 * Whether anything stands behind a piece in its paragraph.
 * @param {Piece} piece
 */
function tail_(piece) {
  if (!piece.text) return false;
  return piece.end < piece.text.getText().length || piece.text.getNextSibling() !== null;
}

/**
 * Whether anything stands before a piece in its paragraph.
 * @param {Piece} piece
 */
function head_(piece) {
  return piece.start > 0 || (piece.text !== null && piece.text.getPreviousSibling() !== null);
}
