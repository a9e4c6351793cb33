/**
 * Runs: starts one from the selection, looks at it, and passes on what a person does to it.
 */

/**
 * Name the selected place and start a run. The same click again is the same run, with the text of its place.
 * @param {{click: string, template: string, inputs: Object, takes_text: boolean}} given
 */
function start_(given) {
  var name = IN + given.click;
  return alone_(function () {
    var doc = DocumentApp.getActiveDocument();
    var again = Boolean(place_(name));
    if (!again) {
      var read = read_();
      if (read.range) {
        try {
          doc.getActiveTab().asDocumentTab().addNamedRange(name, read.range);
        } catch (error) {
          throw problem_(
            "Google Docs does not let Inlay remember this place.",
            "This happens in some headers, footers and footnotes.",
            "Select the text in the body of the document, or copy it there first.",
            "",
          );
        }
      }
    }
    return started_(given, name, again);
  });
}

/**
 * @param {any} given
 * @param {string} name
 * @param {boolean} again whether the click was there before: then its place stays, whatever the hub says
 */
function started_(given, name, again) {
  var doc = DocumentApp.getActiveDocument();
  var place = place_(name);
  var text = place ? place.text : "";
  try {
    var run = hub_("runs", {
      click: given.click,
      template: given.template,
      inputs: given.inputs || {},
      // A template that works on no text gets none.
      text: given.takes_text ? text : "",
      text_hash: place ? place.hash : "",
      title: doc.getName(),
      document: doc.getId(),
      tab: place ? place.tab : doc.getActiveTab().getId(),
      range: name,
    });
    return { run: run, before: text };
  } catch (error) {
    if (refused_(error) && !again) forget_(name);
    throw error;
  }
}

/**
 * A run as it stands, the text it was made from, and which of its drafts stand in this document.
 * @param {{run: string}} given
 */
function look_(given) {
  var run = hub_(runPath_(given.run));
  if (run.moving) return { run: run };
  var replaced = run.places.filter(function (one) {
    return one.state === "placed" && one.replaced;
  })[0];
  var place = place_(run.range, run.text_hash);
  return {
    run: run,
    before: replaced ? replaced.replaced.replace(/\u2028/g, "\n") : place ? place.text : "",
    replaceable: Boolean(place) && !unfit_(place.pieces),
    here: run.variants
      .filter(function (one) {
        return one.marker && named_(one.marker).length;
      })
      .map(function (one) {
        return one.marker;
      }),
  };
}

/**
 * @param {{run: string, act: string}} given
 */
function act_(given) {
  if (["cancel", "resume"].indexOf(given.act) < 0) throw problem_("This is nothing Inlay does.", "", "", "");
  var run = hub_(runPath_(given.run) + "/" + given.act, {});
  if (given.act === "cancel") forget_(run.range);
  return { run: run };
}

/**
 * @param {{run: string, tag: string}} given
 */
function feedback_(given) {
  return hub_(runPath_(given.run) + "/feedback", { tag: given.tag });
}

/**
 * Work for this team from now on.
 * @param {{team: string}} given
 */
function team_(given) {
  PropertiesService.getUserProperties().setProperty("team", String(given.team));
  return open_();
}
