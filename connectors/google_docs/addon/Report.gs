/**
 * Tells the hub where a draft stands. What could not be told is kept in the person's own properties, and told at the
 * next opening.
 */

var PENDING = "inlay:pending:";
/** Google keeps at most 9 KB in one property (developers.google.com/apps-script/guides/services/quotas). */
var MOST = 8000;
/** How long it is kept of a draft that stands nowhere under its name: the next click on Insert looks for its text. */
var KEPT = 7 * 86400 * 1000;

/**
 * @param {any} run
 * @param {any} receipt
 * @param {any} told what the sidebar learns beside the run
 */
function report_(run, receipt, told) {
  try {
    var after = hub_(runPath_(run.id) + "/placed", receipt);
    done_(receipt);
    return Object.assign({ run: after, reported: true }, told);
  } catch (error) {
    if (!refused_(error) || told.status !== "inserted") {
      return Object.assign({ run: run, reported: false, receipt: receipt }, told);
    }
    // The run was ended meanwhile, or its draft may not stand here: then it does not.
    var place = placeOf_(receipt);
    takeOut_(place, receipt.replaced);
    done_(receipt);
    throw error;
  }
}

/**
 * The receipt of a draft that stands already: what was kept of it, else what the hub knows.
 * @param {any} run
 * @param {any} variant
 * @param {any} standing
 */
function receiptOf_(run, variant, standing) {
  var kept = kept_(variant.marker);
  var known = run.places.filter(function (one) {
    return one.marker === variant.marker;
  })[0];
  var mark = place_(variant.mark_marker);
  return {
    document: DocumentApp.getActiveDocument().getId(),
    tab: standing.tab,
    variant: variant.number,
    marker: variant.marker,
    mark: mark ? (known && known.mark) || (kept && kept.mark) || variant.mark : "",
    mode: (kept && kept.mode) || (known && known.mode) || "replace",
    text_hash: (known && known.text_hash) || hash_(variant.text),
    replaced: kept && kept.replaced !== undefined ? kept.replaced : null,
  };
}

/**
 * @param {string} run
 * @param {any} receipt
 */
function keep_(run, receipt) {
  var now = Date.now();
  var kept = JSON.stringify({ run: run, receipt: receipt, at: now });
  if (kept.length > MOST) {
    kept = JSON.stringify({ run: run, receipt: Object.assign({}, receipt, { replaced: null }), at: now });
  }
  PropertiesService.getUserProperties().setProperty(PENDING + receipt.document + ":" + receipt.marker, kept);
}

/** @param {any} receipt */
function done_(receipt) {
  PropertiesService.getUserProperties().deleteProperty(PENDING + receipt.document + ":" + receipt.marker);
}

/** @param {string} marker */
function kept_(marker) {
  var key = PENDING + DocumentApp.getActiveDocument().getId() + ":" + marker;
  var kept = PropertiesService.getUserProperties().getProperty(key);
  return kept ? JSON.parse(kept).receipt : null;
}

/** Tell the hub what could not be told before, of drafts that still stand in this document. */
function tellPending_() {
  var properties = PropertiesService.getUserProperties();
  var prefix = PENDING + DocumentApp.getActiveDocument().getId() + ":";
  Object.keys(properties.getProperties())
    .filter(function (key) {
      return key.indexOf(prefix) === 0;
    })
    .slice(0, 10)
    .forEach(function (key) {
      var kept = JSON.parse(properties.getProperty(key));
      try {
        var standing = place_(kept.receipt.marker);
        if (standing) hub_(runPath_(kept.run) + "/placed", kept.receipt);
        if (standing || !(Date.now() - kept.at < KEPT)) properties.deleteProperty(key);
      } catch (error) {
        if (refused_(error)) properties.deleteProperty(key);
      }
    });
}
