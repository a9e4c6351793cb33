/**
 * Takes a draft out again and puts back what stood there, unless somebody edited it since; clears the line above it.
 */

/**
 * @param {{run: string, marker: string}} given
 */
function undo_(given) {
  var run = hub_(runPath_(given.run));
  var known = run.places.filter(function (one) {
    return one.marker === given.marker;
  })[0];
  if (!known) throw problem_("This draft was not put here by Inlay.", "", "Undo it in Google Docs.", "");
  if (known.by !== "sidebar") return { run: hub_(runPath_(run.id) + "/undo", {}), status: "undone" };
  return alone_(function () {
    var place = placeOf_(known);
    if (place.draft) {
      if (place.draft.hash !== known.text_hash) {
        throw problem_(
          "The draft was edited since it was inserted, so it is left as it is.",
          "",
          "Edit it by hand, or use the version history of the document.",
          "",
        );
      }
      if (known.mode === "replace" && known.replaced === null) {
        throw problem_(
          "The text that the draft replaced is not known any more, so the draft is left in place.",
          "",
          "Use the version history of the document.",
          "",
        );
      }
      var put = takeOut_(place, known.replaced);
      if (put && run.range) {
        forget_(run.range);
        name_(place.draft.tab, run.range, put);
      }
    } else {
      takeOut_(place, null);
    }
    return { run: hub_(runPath_(run.id) + "/removed", { marker: known.marker }), status: "undone" };
  });
}

/**
 * What stands of a placed draft: itself, and the line above it.
 * @param {any} known
 */
function placeOf_(known) {
  return {
    marker: known.marker,
    mark_marker: MARK + known.marker.slice(OUT.length),
    line: known.mark,
    draft: place_(known.marker),
  };
}

/**
 * @param {any} place
 * @param {string} replaced the text to put back, or null
 * @returns {Piece[]} where the old text stands again, or null
 */
function takeOut_(place, replaced) {
  clear_(place.mark_marker, place.line);
  // Read again: the line above may have stood in the same paragraph.
  var draft = place_(place.marker);
  var put = null;
  if (draft) {
    if (replaced !== null && replaced !== undefined) {
      if (unfit_(draft.pieces)) {
        throw problem_(
          "The draft is in several places now, so it is left as it is.",
          "",
          "Use the version history of the document.",
          "",
        );
      }
      put = put_(draft.pieces, linesOf_(replaced));
    } else {
      remove_(draft.pieces);
    }
  }
  forget_(place.marker);
  return put;
}

/**
 * What `raw_` made of a text, as lines to put back.
 * @param {string} raw
 */
function linesOf_(raw) {
  return raw.split("\n").map(function (line) {
    return line.replace(/\u2028/g, "\r");
  });
}

/**
 * Take pieces out: whole paragraphs whole, of others their part.
 * @param {Piece[]} pieces
 */
function remove_(pieces) {
  pieces
    .slice()
    .reverse()
    .forEach(function (piece) {
      if (!head_(piece) && !tail_(piece)) drop_(piece.block);
      else if (piece.end > piece.start) piece.text.deleteText(piece.start, piece.end - 1);
    });
}

/**
 * Clear the line above a draft. What a person made of it stays, and only its name goes.
 * @param {string} name
 * @param {string} line
 */
function clear_(name, line) {
  var mark = place_(name);
  if (mark && line && mark.pieces.length === 1 && mark.text === line) {
    var piece = mark.pieces[0];
    // Inside a sentence a space was put behind it.
    if (piece.text && piece.text.getText().charAt(piece.end) === " ") piece.end += 1;
    remove_([piece]);
  }
  forget_(name);
}
