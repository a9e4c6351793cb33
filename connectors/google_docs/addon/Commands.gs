/**
 * `/ai …` paragraphs: found on a click, and run on a click. The document is never watched.
 */

/** As the hub reads them too: with any slash, and with characters nobody sees in between. */
var COMMAND =
  /^[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[/\uff0f\u2044\u2215][\u00ad\u200b-\u200f\u2060\ufeff]*ai[\u00ad\u200b-\u200f\u2060\ufeff]*\s+\S/i;

/** Characters of a section that the hub takes; what a template takes is less, and the hub says so. */
var LONGEST_SECTION = 200000;

/** Paragraphs of the tab in front that begin with /ai, and what the hub makes of each. */
function commands_() {
  var found = lines_();
  if (!found.length) return { commands: [] };
  var said = hub_("commands", {
    lines: found.map(function (one, number) {
      return { id: String(number), text: textOf_([one]).slice(0, 2000) };
    }),
  });
  return {
    commands: said.commands.map(function (command) {
      var piece = found[Number(command.id)];
      return Object.assign({ path: piece.path, line: textOf_([piece]) }, command);
    }),
  };
}

/**
 * Run the command that stands at a path, if it still says the same. Its paragraph is the place of the run, so that the
 * draft can replace it.
 * @param {{click: string, path: string, line: string}} given
 */
function command_(given) {
  var name = IN + given.click;
  return alone_(function () {
    if (!place_(name)) {
      var piece = lines_().filter(function (one) {
        return one.path === given.path && textOf_([one]) === given.line;
      })[0];
      if (!piece) {
        throw problem_(
          "This command is no longer where it was.",
          "The document was changed since.",
          "Look for commands again.",
          "",
        );
      }
      name_(DocumentApp.getActiveDocument().getActiveTab().getId(), name, [piece]);
    }
    return commanded_(given, name);
  });
}

/**
 * @param {any} given
 * @param {string} name
 */
function commanded_(given, name) {
  var doc = DocumentApp.getActiveDocument();
  var place = place_(name);
  try {
    var run = hub_("commands/run", {
      click: given.click,
      line: place.text,
      above: above_(place.pieces[0].block),
      section: section_(place.pieces[0].block),
      text_hash: place.hash,
      title: doc.getName(),
      document: doc.getId(),
      tab: place.tab,
      range: name,
    });
    return { run: run, before: place.text };
  } catch (error) {
    if (refused_(error)) forget_(name);
    throw error;
  }
}

/**
 * The nearest text above a command in its cell or section that is no command itself.
 * @param {GoogleAppsScript.Document.Element} block
 */
function above_(block) {
  for (var at = block.getPreviousSibling(); at; at = at.getPreviousSibling()) {
    /** @type {Piece[]} */
    var pieces = [];
    walk_(at, pieces);
    var text = textOf_(pieces);
    if (text.trim() && !COMMAND.test(text)) return text;
  }
  return "";
}

/**
 * The section a command stands in, for a template that writes remarks: from the heading above it to the next one of its
 * rank, or without a heading all of its cell or tab. Commands are no part of it.
 * @param {GoogleAppsScript.Document.Element} block
 */
function section_(block) {
  var first = block;
  for (var at = block; at && rank_(first) === null; at = at.getPreviousSibling()) first = at;
  var rank = rank_(first);
  /** @type {Piece[]} */
  var pieces = [];
  walk_(first, pieces);
  for (var next = first.getNextSibling(); next; next = next.getNextSibling()) {
    if (rank !== null && rank_(next) !== null && rank_(next) <= rank) break;
    walk_(next, pieces);
  }
  var kept = pieces.filter(function (piece) {
    return !piece.block || !COMMAND.test(piece.block.getText());
  });
  return textOf_(kept).slice(0, LONGEST_SECTION);
}

/**
 * 0 for the title, 1 to 6 for a heading, null for everything else.
 * @param {any} element
 * @returns {number | null}
 */
function rank_(element) {
  if (!isBlock_(element)) return null;
  var heading = String(element.getHeading());
  if (heading === "TITLE") return 0;
  return /^HEADING[1-6]$/.test(heading) ? Number(heading.slice(7)) : null;
}

/**
 * The commands of the tab in front. A line inside a draft is none: what a model writes gives no orders.
 * @returns {Piece[]}
 */
function lines_() {
  var tab = DocumentApp.getActiveDocument().getActiveTab();
  /** @type {Piece[]} */
  var all = [];
  walk_(tab.asDocumentTab().getBody(), all);
  var drafted = {};
  named_(OUT, true).forEach(function (one) {
    if (one.tab !== tab.getId()) return;
    pieces_(one.range.getRange()).forEach(function (piece) {
      drafted[piece.path] = true;
    });
  });
  return all
    .filter(function (piece) {
      return piece.text && !drafted[piece.path] && !head_(piece) && !tail_(piece) && COMMAND.test(textOf_([piece]));
    })
    .slice(0, 50);
}
