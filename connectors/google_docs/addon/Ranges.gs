/**
 * Named ranges: how a place is found again while the document changes.
 *
 * `inlay:in:<click>` is where text was selected, `inlay:out:<run>…` where a draft stands, `inlay:mark:<run>…` the line
 * above it. Everybody who may read the document can see these names; they hold no text. They are looked up by name, in
 * every tab: a name may be there twice, or its range in several parts.
 */

var IN = "inlay:in:";
var OUT = "inlay:out:";
var MARK = "inlay:mark:";

/**
 * Every tab of the document, the tabs inside tabs too.
 * @returns {GoogleAppsScript.Document.Tab[]}
 */
function tabs_() {
  /** @type {GoogleAppsScript.Document.Tab[]} */
  var found = [];
  /** @param {GoogleAppsScript.Document.Tab[]} tabs */
  function add(tabs) {
    tabs.forEach(function (tab) {
      found.push(tab);
      add(tab.getChildTabs());
    });
  }
  add(DocumentApp.getActiveDocument().getTabs());
  return found;
}

/**
 * The named ranges of this name, or of all names that begin so.
 * @param {string} name
 * @param {boolean=} begins
 * @returns {{name: string, tab: string, range: GoogleAppsScript.Document.NamedRange}[]}
 */
function named_(name, begins) {
  var found = [];
  tabs_().forEach(function (tab) {
    var here = tab.asDocumentTab();
    (begins ? here.getNamedRanges() : here.getNamedRanges(name)).forEach(function (range) {
      if (range.getName().indexOf(name) === 0) found.push({ name: range.getName(), tab: tab.getId(), range: range });
    });
  });
  return found;
}

/**
 * The place of a name: of several the first with this text, else the first; null when there is none.
 * @param {string} name
 * @param {string=} hash
 * @returns {{tab: string, pieces: Piece[], text: string, hash: string}}
 */
function place_(name, hash) {
  if (!name) return null;
  var places = named_(name).map(function (one) {
    var pieces = pieces_(one.range.getRange());
    var text = textOf_(pieces);
    return { tab: one.tab, pieces: pieces, text: text, hash: hash_(text) };
  });
  return (
    places.filter(function (one) {
      return one.hash === hash;
    })[0] ||
    places[0] ||
    null
  );
}

/**
 * @param {string} name
 */
function forget_(name) {
  named_(name).forEach(function (one) {
    one.range.remove();
  });
}

/**
 * Name the place of these pieces.
 * @param {string} tab
 * @param {string} name
 * @param {Piece[]} pieces
 */
function name_(tab, name, pieces) {
  var here = DocumentApp.getActiveDocument().getTab(tab).asDocumentTab();
  var range = here.newRange();
  pieces.forEach(function (piece) {
    if (piece.text && piece.end > piece.start) range.addElement(piece.text, piece.start, piece.end - 1);
    else range.addElement(piece.block);
  });
  here.addNamedRange(name, range.build());
}

/**
 * SHA-256 of a text in UTF-8, as lower-case hex: how every receipt of Inlay's names a text.
 * @param {string} text
 * @returns {string}
 */
function hash_(text) {
  return Utilities.computeDigest(Utilities.DigestAlgorithm.SHA_256, text, Utilities.Charset.UTF_8)
    .map(function (byte) {
      return ("0" + (byte & 255).toString(16)).slice(-2);
    })
    .join("");
}

/** What stands at the cursor or at the start of the selection: the run that wrote it, or null. */
function here_() {
  var found = read_();
  var first = found.pieces[0];
  var doc = DocumentApp.getActiveDocument();
  if (!first) return null;
  var at = found.kind === "selection" ? first.start : cursor_();
  var tab = doc.getActiveTab().getId();
  var standing = named_(OUT, true).filter(function (one) {
    return (
      one.tab === tab &&
      pieces_(one.range.getRange()).some(function (piece) {
        if (piece.path !== first.path) return false;
        return !piece.text || at === null || (piece.start <= at && at <= piece.end);
      })
    );
  })[0];
  return standing ? { run: runOf_(standing.name), marker: standing.name } : null;
}

/** The cursor's offset in its text, or null when it stands beside one. */
function cursor_() {
  var cursor = DocumentApp.getActiveDocument().getCursor();
  if (!cursor || cursor.getElement().getType() !== DocumentApp.ElementType.TEXT) return null;
  return cursor.getOffset();
}

/**
 * The run a marker belongs to.
 * @param {string} marker
 */
function runOf_(marker) {
  return marker.slice(OUT.length).split(/[. ]/)[0];
}

/**
 * Show the place of a name in the document.
 * @param {{name: string}} given
 */
function goTo_(given) {
  var found = named_(String(given.name))[0];
  if (!found) return { found: false };
  var doc = DocumentApp.getActiveDocument();
  doc.setActiveTab(found.tab);
  doc.setSelection(found.range.getRange());
  return { found: true };
}
