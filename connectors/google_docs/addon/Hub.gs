/**
 * Calls to the hub, in the person's name. Their identity token says who they are; no key is kept here, and the token
 * for their Google account never leaves Google.
 */

/**
 * @param {string} path below the sidebar's address, such as "runs"
 * @param {Object=} body sent as JSON; without one it is a GET
 * @returns {any}
 */
function hub_(path, body) {
  var token = ScriptApp.getIdentityToken();
  if (!token) {
    throw problem_(
      "Google does not say who you are.",
      "The add-on was not allowed to know your e-mail address.",
      "Reload the document, open Inlay again and allow what it asks for.",
      "",
    );
  }
  var team = PropertiesService.getUserProperties().getProperty("team");
  var url = HUB_URL + "/connect/google_docs/" + encodeURIComponent(CONNECTION) + "/sidebar/" + path;
  /** @type {GoogleAppsScript.URL_Fetch.URLFetchRequestOptions} */
  var options = {
    method: body ? "post" : "get",
    headers: { Authorization: "Bearer " + token, Accept: "application/json" },
    muteHttpExceptions: true,
    followRedirects: false,
  };
  if (body) {
    options.contentType = "application/json";
    options.payload = JSON.stringify(body);
  }
  var answer;
  try {
    answer = UrlFetchApp.fetch(url + (team ? "?team=" + encodeURIComponent(team) : ""), options);
  } catch (error) {
    // Google's own words differ from case to case, and a call is given up after about a minute.
    throw away_();
  }
  return answered_(answer.getResponseCode(), answer.getContentText());
}

/**
 * @param {number} status
 * @param {string} text
 */
function answered_(status, text) {
  var said = null;
  try {
    said = JSON.parse(text);
  } catch (error) {
    said = null;
  }
  if (status === 200 && said) return said;
  if (said && said.title) {
    throw problem_(said.detail || said.title, said.why || "", said.instead || "", people_(said.who || ""), {
      code: said.code || "",
      status: status,
      help: said.help || "",
      fields: said.fields || null,
    });
  }
  if (status >= 500 || status === 429) throw away_();
  throw problem_(
    "Inlay's address did not answer as Inlay does.",
    "It said " + status + ". Something else may stand there, or in between.",
    "Ask an admin to compare HUB_URL and CONNECTION in this add-on with the hub.",
    "an admin",
    { status: status },
  );
}

function away_() {
  return problem_(
    "Inlay cannot be reached at the moment.",
    "It does not answer, or not in time.",
    "Nothing is lost. Try again in a moment; your click counts once, however often you try.",
    "",
    { code: "away", status: 503 },
  );
}

/**
 * Whether the hub has said no, for good: then nothing that was prepared for it is needed any more.
 * @param {any} error
 */
function refused_(error) {
  var status = (error && error.problem && error.problem.status) || 0;
  return status >= 400 && status < 500 && status !== 401 && status !== 408 && status !== 429;
}

/** @param {string} who */
function people_(who) {
  return ["the asker", "the sender", "nobody", ""].indexOf(who.split(":")[0]) < 0 ? who : "";
}

/** @param {string} run */
function runPath_(run) {
  return "runs/" + encodeURIComponent(String(run));
}
