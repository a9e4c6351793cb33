/**
 * Changes the document: puts lines in place of pieces or below a paragraph, and takes paragraphs out.
 *
 * Whatever is written is told as pieces, so that it can be named. A line is put in as a paragraph of its own, because
 * what Google Docs makes of a line break inside an inserted text is not documented.
 */

/**
 * Put lines in place of pieces that `unfit_` finds nothing wrong with.
 * @param {Piece[]} pieces
 * @param {string[]} lines
 * @returns {Piece[]} where each line stands
 */
function put_(pieces, lines) {
  var first = pieces[0];
  var last = pieces[pieces.length - 1];
  /** @type {Block} */
  var rest = null;
  if (pieces.length > 1) {
    pieces.slice(1, -1).forEach(function (piece) {
      drop_(piece.block);
    });
    if (tail_(last)) {
      if (last.end > 0) last.text.deleteText(0, last.end - 1);
      rest = last.block;
    } else {
      drop_(last.block);
    }
  } else if (tail_(first) && lines.length > 1) {
    rest = split_(first);
  }
  var spans = [write_(first, lines[0])];
  if (lines.length === 1) {
    if (rest) rest.merge();
    return spans;
  }
  var at = first.block.getParent().getChildIndex(first.block);
  lines.slice(1, rest ? -1 : undefined).forEach(function (line, number) {
    spans.push(like_(first.block, at + 1 + number, line));
  });
  if (rest) {
    var line = lines[lines.length - 1];
    spans.push(write_({ block: rest, path: "", text: textIn_(rest), start: 0, end: 0, object: false }, line));
  }
  return spans;
}

/**
 * Put one line in place of a piece. It goes in behind the old text, to take its style; then the old text goes.
 * @param {Piece} piece
 * @param {string} line
 * @returns {Piece}
 */
function write_(piece, line) {
  var text = piece.text;
  if (!text) {
    if (line) text = piece.block.insertText(0, line);
    return span_(piece.block, text, 0, line.length);
  }
  if (line) text.insertText(piece.end, line);
  if (piece.end > piece.start) {
    if (!line && piece.start === 0 && piece.end === text.getText().length) {
      text.removeFromParent();
      return span_(piece.block, null, 0, 0);
    }
    text.deleteText(piece.start, piece.end - 1);
  }
  return span_(piece.block, text, piece.start, piece.start + line.length);
}

/**
 * Divide a paragraph behind a piece of it; the new paragraph looks the same and is given back.
 * @param {Piece} piece
 * @returns {Block}
 */
function split_(piece) {
  var parent = piece.block.getParent();
  var child = piece.block.getChildIndex(piece.text);
  var rest = add_(parent, parent.getChildIndex(piece.block) + 1, piece.block.copy());
  for (var at = child - 1; at >= 0; at--) rest.removeChild(rest.getChild(at));
  var copied = rest.getChild(0).asText();
  if (piece.end >= copied.getText().length) rest.removeChild(copied);
  else if (piece.end > 0) copied.deleteText(0, piece.end - 1);
  for (var over = piece.block.getNumChildren() - 1; over > child; over--) {
    piece.block.removeChild(piece.block.getChild(over));
  }
  var length = piece.text.getText().length;
  if (piece.end < length) piece.text.deleteText(piece.end, length - 1);
  return rest;
}

/**
 * Add a line as a paragraph that looks like another one.
 * @param {Block} block
 * @param {number} at
 * @param {string} line
 * @returns {Piece}
 */
function like_(block, at, line) {
  var made = add_(block.getParent(), at, block.copy());
  made.clear();
  if (line) made.appendText(line);
  return span_(made, textIn_(made), 0, line.length);
}

/**
 * @param {any} parent
 * @param {number} at
 * @param {Block} block
 * @returns {Block}
 */
function add_(parent, at, block) {
  var isItem = block.getType() === DocumentApp.ElementType.LIST_ITEM;
  return isItem ? parent.insertListItem(at, block) : parent.insertParagraph(at, block);
}

/**
 * Put lines below a block, as plain paragraphs that run in its direction.
 * @param {Block} block
 * @param {string[]} lines
 * @returns {Piece[]}
 */
function below_(block, lines) {
  /** @type {any} */
  var parent = block.getParent();
  if (!parent || !parent.insertParagraph) {
    throw problem_(
      "Nothing can be inserted here.",
      "This part of the document, such as a table of contents, is made by Google Docs.",
      "Put the cursor into your text and insert it there.",
      "",
    );
  }
  var leftward = isBlock_(block) && block.isLeftToRight() === false;
  var at = parent.getChildIndex(block) + 1;
  return lines.map(function (line, number) {
    /** @type {GoogleAppsScript.Document.Paragraph} */
    var made = parent.insertParagraph(at + number, line);
    made.setHeading(DocumentApp.ParagraphHeading.NORMAL);
    if (leftward) made.setLeftToRight(false);
    return span_(made, textIn_(made), 0, line.length);
  });
}

/**
 * The block behind which something goes that belongs below these pieces: the last one, or when they reach over several
 * cells the table they are in.
 * @param {Piece[]} pieces
 * @returns {any}
 */
function lastOf_(pieces) {
  var blocks = pieces.filter(function (piece) {
    return piece.block;
  });
  var parents = blocks.map(function (piece) {
    return piece.path.replace(/\/[^/]*$/, "");
  });
  /** @type {any} */
  var at = blocks[blocks.length - 1].block;
  if (
    parents.every(function (one) {
      return one === parents[0];
    })
  )
    return at;
  while (path_(at).split("/").length > 2) at = at.getParent();
  return at;
}

/**
 * Take a block out. The last one of a section or cell cannot go: it is emptied, and joined to the one above it.
 * @param {Block} block
 */
function drop_(block) {
  var parent = block.getParent();
  if (parent.getChildIndex(block) < parent.getNumChildren() - 1) {
    block.removeFromParent();
    return;
  }
  block.clear();
  var above = block.getPreviousSibling();
  if (above && above.getType() === block.getType()) block.merge();
}

/**
 * @param {Block} block
 * @returns {GoogleAppsScript.Document.Text}
 */
function textIn_(block) {
  var first = block.getNumChildren() ? block.getChild(0) : null;
  return first && first.getType() === DocumentApp.ElementType.TEXT ? first.asText() : null;
}

/**
 * @param {Block} block
 * @param {GoogleAppsScript.Document.Text} text
 * @param {number} start
 * @param {number} end
 * @returns {Piece}
 */
function span_(block, text, start, end) {
  return { block: block, path: "", text: text, start: start, end: end, object: false };
}
