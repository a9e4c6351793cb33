/**
 * Goes on where an insertion was cut off: Google may end a script at any moment, also between writing a draft and naming
 * it. What was about to be written is kept beforehand (`keep_`); here it is looked for, and is not written again.
 */

/**
 * The draft where it stands without its name, or null when it does not.
 * @param {any} run
 * @param {any} variant
 * @param {any} kept the receipt that was kept before writing
 * @returns {{mark: Piece, draft: Piece[]}}
 */
function cutOff_(run, variant, kept) {
  var pieces = lookedThrough_(run, kept.tab);
  var lines = variant.text.split("\n");
  var old = place_(run.range, run.text_hash);
  var intact = Boolean(old && run.text_hash && old.hash === run.text_hash);
  var selected = {};
  (old && kept.mode !== "replace" ? old.pieces : []).forEach(function (piece) {
    selected[piece.path] = true;
  });
  // A line names its run. Without one a text may stand there by chance, so that its place has to fit.
  var free = pieces.filter(function (piece) {
    return kept.mark || !selected[piece.path];
  });
  var found = kept.mode === "replace" && intact ? null : whole_(free, kept, lines);
  if (found) return found;
  var half = kept.mark
    ? search_(free, [kept.mark], false)
    : kept.mode === "replace"
      ? intact && begun_(old.pieces, lines[0])
      : lines.length > 1 && search_(free, [lines[0]], true);
  if (!half) return null;
  throw problem_(
    "A part of this draft stands in the document already.",
    "Google Docs stopped Inlay while it was writing.",
    "Take that part out by hand, or with Undo in Google Docs; then insert the draft again.",
    "",
  );
}

/**
 * The paragraphs of the tab's body, and of the header, footer or footnote of the run's place: as pieces, what is
 * no text left out, and what a draft of Inlay's covers.
 * @param {any} run
 * @param {string} id
 * @returns {Piece[]}
 */
function lookedThrough_(run, id) {
  var tab = tabs_().filter(function (one) {
    return one.getId() === id;
  })[0];
  /** @type {Piece[]} */
  var all = [];
  if (!tab) return all;
  walk_(tab.asDocumentTab().getBody(), all);
  var place = place_(run.range);
  /** @type {any} */
  var root = place && place.tab === id && place.pieces.length ? place.pieces[0].block : null;
  while (root && root.getParent() && isContainer_(root.getParent())) root = root.getParent();
  if (root && root.getType() !== DocumentApp.ElementType.BODY_SECTION) walk_(root, all);
  var drafted = named_(OUT, true)
    .filter(function (one) {
      return one.tab === id;
    })
    .map(function (one) {
      return pieces_(one.range.getRange());
    })
    .reduce(function (one, other) {
      return one.concat(other);
    }, []);
  return all.filter(function (piece) {
    return (
      piece.block &&
      !piece.object &&
      !drafted.some(function (one) {
        return one.path === piece.path && (!one.text || !piece.text || !(head_(one) || tail_(one)));
      })
    );
  });
}

/**
 * The line and the draft: each in its own paragraphs, or the line before the draft in its sentence. Without a line the
 * draft, in paragraphs of its own unless it was to replace something.
 * @param {Piece[]} pieces
 * @param {any} kept
 * @param {string[]} lines
 * @returns {{mark: Piece, draft: Piece[]}}
 */
function whole_(pieces, kept, lines) {
  var apart = search_(pieces, kept.mark ? [kept.mark].concat(lines) : lines, Boolean(kept.mark) || kept.mode !== "replace");
  if (apart || !kept.mark) return apart ? plain_(apart, kept.mark) : null;
  var inside = search_(pieces, [kept.mark + " " + lines[0]].concat(lines.slice(1)), false);
  return inside ? inSentence_(inside, kept.mark) : null;
}

/**
 * Where these lines stand, one paragraph after the other; with `whole` as all of their paragraphs.
 * @param {Piece[]} pieces
 * @param {string[]} lines
 * @param {boolean} whole
 * @returns {Piece[]}
 */
function search_(pieces, lines, whole) {
  for (var at = 0; at + lines.length <= pieces.length; at++) {
    var found = standing_(pieces.slice(at, at + lines.length), lines, whole);
    if (found) return found;
  }
  return null;
}

/**
 * @param {Piece[]} pieces as many as there are lines
 * @param {string[]} lines
 * @param {boolean} whole
 * @returns {Piece[]}
 */
function standing_(pieces, lines, whole) {
  var last = lines.length - 1;
  /** @type {Piece[]} */
  var spans = [];
  for (var number = 0; number <= last; number++) {
    var piece = pieces[number];
    if (!piece || (number > 0 && !follows_(pieces[number - 1], piece))) return null;
    var text = piece.text ? piece.text.getText() : "";
    // The first line ends its paragraph, the last one begins it, those between are all of theirs.
    var start = number > 0 ? 0 : last > 0 ? text.length - lines[0].length : text.indexOf(lines[0]);
    var end = start + lines[number].length;
    if (start < 0 || text.slice(start, end) !== lines[number]) return null;
    if (number > 0 && number < last && end !== text.length) return null;
    if (whole && (start > 0 || end !== text.length || head_(piece) || tail_(piece))) return null;
    spans.push(span_(piece.block, piece.text, start, end));
  }
  return spans;
}

/**
 * Whether a line was put in behind the old text that it was to take the place of, and the old text not taken out.
 * @param {Piece[]} old
 * @param {string} line
 */
function begun_(old, line) {
  var first = old[0];
  return Boolean(first && first.text && first.text.getText().slice(first.end, first.end + line.length) === line);
}
