/**
 * What happens when the sidebar opens: what there is to do here, and what became of earlier drafts in this document.
 */

function open_() {
  var doc = DocumentApp.getActiveDocument();
  var said = opening_(doc.getId());
  tellPending_();
  var told = 0;
  said.runs.forEach(function (run) {
    run.places.forEach(function (known) {
      // A copy of a document carries the names along; what was put into the original is told there.
      if (known.by !== "sidebar" || known.state !== "placed" || known.document !== doc.getId() || told >= 10) return;
      try {
        if (lookBack_(run, known)) told += 1;
      } catch (error) {
        // Telling can wait for the next opening; the person came to work.
      }
    });
    if (over_(run)) forget_(run.range);
  });
  return Object.assign(said, { document: doc.getName(), selection: selection_() });
}

/** @param {string} document */
function opening_(document) {
  try {
    return hub_("open", { document: document });
  } catch (error) {
    var properties = PropertiesService.getUserProperties();
    if (!error.problem || error.problem.status !== 403 || !properties.getProperty("team")) throw error;
    // They left the team they chose: the hub picks one of theirs.
    properties.deleteProperty("team");
    return hub_("open", { document: document });
  }
}

/**
 * Clear the line of a draft that was reviewed since, and tell the hub what became of its text, when that is news.
 * @param {any} run
 * @param {any} known
 * @returns {boolean} whether the hub was called
 */
function lookBack_(run, known) {
  var called = false;
  if (known.clear) {
    alone_(function () {
      clear_(MARK + known.marker.slice(OUT.length), known.mark);
    });
    hub_(runPath_(run.id) + "/placed", {
      document: known.document,
      tab: known.tab,
      variant: known.variant,
      marker: known.marker,
      mark: "",
      mode: known.mode,
      text_hash: known.text_hash,
      // The hub keeps the text that was replaced, and does not send it at every opening.
      replaced: null,
    });
    known.mark = "";
    known.reviewed = true;
    called = true;
  }
  var place = place_(known.marker, known.text_hash);
  // Cut and pasted elsewhere, a text loses its name and is still kept.
  var text = place ? place.text : stands_(known.text) ? known.text : null;
  var kept = text !== null && hash_(text) === known.text_hash;
  if (known.standing && known.standing.state === (kept ? "kept" : text === null ? "deleted" : "")) return called;
  hub_(runPath_(run.id) + "/stands", { marker: known.marker, text: text });
  return true;
}

/**
 * Whether a text stands somewhere in the document, word for word.
 * @param {string} text
 */
function stands_(text) {
  if (!text) return false;
  return tabs_().some(function (tab) {
    return tab.asDocumentTab().getBody().getText().replace(/\r/g, "\n").indexOf(text) >= 0;
  });
}

/**
 * Whether the selected place of a run is of no more use: nothing of it can be inserted any more, or a week has gone by.
 * @param {any} run
 */
function over_(run) {
  if (!run.range || run.moving) return false;
  var week = 7 * 86400;
  return run.state === "refused" || run.state === "cancelled" || Date.now() / 1000 - run.created_at > week;
}
