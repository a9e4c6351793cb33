/**
 * Puts a draft into the document, once for each variant, however often somebody clicks.
 *
 * What is written, and under which name, is the hub's word, asked for at the click: the page in the sidebar only says
 * which variant and where. The name of the draft's range is the proof that it stands there.
 */

/**
 * @param {{run: string, variant: number, mode: string, anyway?: boolean}} given mode: below, replace, cursor or end
 */
function insert_(given) {
  var run = hub_(runPath_(given.run));
  var variant = run.variants[Number(given.variant) - 1];
  if (!run.insert.ok || !variant || !variant.marker) {
    throw problem_(
      run.insert.why || "There is no draft to insert now.",
      "",
      run.insert.instead || "Look at the run's page.",
      "",
    );
  }
  return alone_(function () {
    var standing = place_(variant.marker);
    if (standing) return report_(run, receiptOf_(run, variant, standing), { status: "already" });
    var kept = kept_(variant.marker);
    var left = kept ? cutOff_(run, variant, kept) : null;
    if (left) return finished_(run, variant, kept, left);
    var found = target_(run, String(given.mode), Boolean(given.anyway));
    if (found.status) return found;
    return written_(run, variant, String(given.mode), found);
  });
}

/**
 * Where a draft goes, or why it cannot go there.
 * @param {any} run
 * @param {string} mode
 * @param {boolean} anyway below a text that was changed since
 * @returns {any}
 */
function target_(run, mode, anyway) {
  if (mode === "cursor") {
    var read = read_();
    if (!read.pieces.length) {
      throw problem_(
        "The cursor is not in the text.",
        "",
        "Click where the draft should go, then insert it again.",
        "",
      );
    }
    return { tab: DocumentApp.getActiveDocument().getActiveTab().getId(), pieces: read.pieces };
  }
  if (mode === "end") return end_(run.tab);
  var place = place_(run.range, run.text_hash);
  if (!place || !place.pieces.length) {
    return orphaned_("gone", "The text you had selected is no longer in the document.");
  }
  if (run.text_hash && place.hash !== run.text_hash && !(anyway && mode === "below")) {
    return orphaned_("changed", "The text you had selected was changed since.");
  }
  if (mode === "replace") {
    var unfit = unfit_(place.pieces);
    if (unfit) throw problem_("The draft cannot replace this text.", unfit, "Insert it below instead.", "");
  }
  return place;
}

/**
 * The place is lost, the draft is not: the sidebar offers others.
 * @param {string} why
 * @param {string} what
 */
function orphaned_(why, what) {
  return {
    status: "orphaned",
    why: why,
    what: what,
    offers: why === "changed" ? ["below", "cursor", "end"] : ["cursor", "end"],
  };
}

/**
 * The end of a tab; of the tab in front when that one is gone.
 * @param {string} tab
 */
function end_(tab) {
  var known = tabs_().filter(function (one) {
    return one.getId() === tab;
  })[0];
  var here = known || DocumentApp.getActiveDocument().getActiveTab();
  var body = here.asDocumentTab().getBody();
  var last = body.getChild(body.getNumChildren() - 1);
  return { tab: here.getId(), pieces: [piece_(last, 0, 0)] };
}

/**
 * @param {any} run
 * @param {any} variant
 * @param {string} mode
 * @param {{tab: string, pieces: Piece[]}} found
 */
function written_(run, variant, mode, found) {
  var lines = variant.text.split("\n");
  var replaced = mode === "replace" ? raw_(found.pieces) : null;
  var receipt = {
    document: DocumentApp.getActiveDocument().getId(),
    tab: found.tab,
    variant: variant.number,
    marker: variant.marker,
    mark: variant.mark,
    mode: mode,
    text_hash: hash_(variant.text),
    replaced: replaced,
  };
  // What undoing needs is kept before anything is written, for the case that the hub cannot be told.
  keep_(run.id, receipt);
  var spans =
    mode === "replace"
      ? replace_(found.pieces, lines, variant.mark)
      : plain_(below_(lastOf_(found.pieces), variant.mark ? [variant.mark].concat(lines) : lines), variant.mark);
  return finished_(run, variant, receipt, spans);
}

/**
 * Names what stands in the document now, and tells the hub.
 * @param {any} run
 * @param {any} variant
 * @param {any} receipt
 * @param {{mark: Piece, draft: Piece[]}} spans
 */
function finished_(run, variant, receipt, spans) {
  var replaces = receipt.mode === "replace";
  try {
    if (spans.mark) name_(receipt.tab, variant.mark_marker, [spans.mark]);
    name_(receipt.tab, variant.marker, spans.draft);
  } catch (error) {
    // Without its name nobody could find the draft again: it is taken out, as it would be by hand.
    if (!replaces) remove_((spans.mark ? [spans.mark] : []).concat(spans.draft));
    else if (receipt.replaced !== null) put_(fresh_(spans), linesOf_(receipt.replaced));
    forget_(variant.mark_marker);
    done_(receipt);
    throw problem_(
      "Google Docs does not let Inlay remember a place here.",
      "This happens in some headers, footers and footnotes.",
      "Copy the draft instead, or insert it at the end.",
      "",
    );
  }
  if (replaces) {
    // The place is the draft's now; undo puts the old text there again.
    forget_(run.range);
    name_(receipt.tab, run.range, spans.draft);
  }
  var standing = place_(variant.marker);
  if (standing) receipt.text_hash = standing.hash;
  show_(variant.marker);
  return report_(run, receipt, { status: "inserted" });
}

/**
 * Lines in place of pieces: the mark in a paragraph of its own where whole paragraphs go, else in the same sentence.
 * @param {Piece[]} pieces
 * @param {string[]} lines
 * @param {string} mark
 */
function replace_(pieces, lines, mark) {
  if (!mark) return plain_(put_(pieces, lines), "");
  if (!head_(pieces[0]) && !tail_(pieces[pieces.length - 1])) return plain_(put_(pieces, [mark].concat(lines)), mark);
  return inSentence_(put_(pieces, [mark + " " + lines[0]].concat(lines.slice(1))), mark);
}

/**
 * The line and the draft behind it, of pieces that begin with both.
 * @param {Piece[]} spans
 * @param {string} mark
 * @returns {{mark: Piece, draft: Piece[]}}
 */
function inSentence_(spans, mark) {
  var first = spans[0];
  var cut = first.start + mark.length;
  var draft = span_(first.block, first.text, cut + 1, first.end);
  return { mark: span_(first.block, first.text, first.start, cut), draft: [draft].concat(spans.slice(1)) };
}

/**
 * @param {Piece[]} spans
 * @param {string} mark
 * @returns {{mark: Piece, draft: Piece[]}}
 */
function plain_(spans, mark) {
  return mark ? { mark: spans[0], draft: spans.slice(1) } : { mark: null, draft: spans };
}

/**
 * Mark and draft as one stretch, with their paths as they are now.
 * @param {{mark: Piece, draft: Piece[]}} spans
 */
function fresh_(spans) {
  var all = spans.draft.slice();
  if (spans.mark) {
    if (spans.mark.text && all[0].text && path_(spans.mark.block) === path_(all[0].block)) {
      all[0] = span_(all[0].block, all[0].text, spans.mark.start, all[0].end);
    } else {
      all.unshift(spans.mark);
    }
  }
  all.forEach(function (one) {
    one.path = path_(one.block);
  });
  return all;
}

/**
 * The text of pieces as it has to come back: a line break inside a paragraph as U+2028, which no system drops.
 * @param {Piece[]} pieces
 */
function raw_(pieces) {
  return pieces
    .map(function (piece) {
      return piece.text ? piece.text.getText().slice(piece.start, piece.end) : "";
    })
    .join("\n")
    .replace(/\r/g, "\u2028");
}

/** @param {string} marker */
function show_(marker) {
  try {
    goTo_({ name: marker });
  } catch (error) {
    // Where the view stands changes nothing about the draft.
  }
}
