/**
 * The way in: the menu, the sidebar, and the one function the sidebar calls.
 *
 * The sidebar is a page in a frame of its own. All it can do here is `handle` one of these actions; functions whose names
 * end in an underscore cannot be called from a page.
 *
 * @OnlyCurrentDoc
 */

/**
 * What the sidebar may ask for. A function, because Google loads one file after the other: at the top of this one the
 * functions of the others are not there yet.
 * @returns {Object<string, function(any): any>}
 */
function actions_() {
  return {
    open: open_,
    team: team_,
    selection: selection_,
    start: start_,
    look: look_,
    insert: insert_,
    undo: undo_,
    here: here_,
    goTo: goTo_,
    act: act_,
    feedback: feedback_,
    commands: commands_,
    command: command_,
  };
}

function onInstall() {
  onOpen();
}

function onOpen() {
  DocumentApp.getUi().createAddonMenu().addItem("Open Inlay", "showSidebar").addToUi();
}

function showSidebar() {
  var page = HtmlService.createTemplateFromFile("Sidebar").evaluate().setTitle("Inlay");
  DocumentApp.getUi().showSidebar(page);
}

/**
 * A part of the sidebar's page.
 * @param {string} name
 */
function include(name) {
  return HtmlService.createHtmlOutputFromFile(name).getContent();
}

/**
 * The one function the sidebar calls. It never throws: what goes wrong is told as a problem, in words for a person.
 * @param {string} action one of `actions_`
 * @param {Object=} given
 */
function handle(action, given) {
  try {
    var known = actions_();
    if (!Object.prototype.hasOwnProperty.call(known, action)) {
      throw problem_("The sidebar asked for something this add-on does not know.", "", "Reload the document.", "");
    }
    return { ok: true, value: known[action](given || {}) };
  } catch (error) {
    return { ok: false, problem: told_(error) };
  }
}

/**
 * An error for a person: what happened, why, what to do instead, and who does it.
 * @param {string} what
 * @param {string} why
 * @param {string} instead
 * @param {string} who
 * @param {Object=} more
 */
function problem_(what, why, instead, who, more) {
  /** @type {any} */
  var error = new Error(what);
  error.problem = Object.assign({ what: what, why: why, instead: instead, who: who, code: "", status: 0 }, more || {});
  return error;
}

/** @param {any} error */
function told_(error) {
  if (error && error.problem) return error.problem;
  // An error of Google's own: its message may hold text of the document, so it is not repeated.
  return problem_(
    "Google Docs did not do what Inlay asked of it.",
    "It gave no reason Inlay knows.",
    "Try again. If it happens again, copy the draft from the run's page.",
    "",
  ).problem;
}

/**
 * Do this while no other click of anybody writes into the document through this add-on.
 * @param {function(): any} work
 */
function alone_(work) {
  // Null outside of a document, where nothing can be written at the same time.
  var lock = LockService.getDocumentLock();
  if (lock && !lock.tryLock(15000)) {
    throw problem_("Somebody else is inserting a draft at this moment.", "", "Try again in a moment.", "");
  }
  try {
    return work();
  } finally {
    if (lock) lock.releaseLock();
  }
}
