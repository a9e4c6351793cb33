// While something that was asked is on its way, the requests and outputs of a record's page are read again every second.
const parts = ["requests", "outputs"];
const waiting = () => document.querySelector("#requests[data-waiting]");
const look = async () => {
  try {
    const answer = await fetch(location.pathname);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of parts) {
      const [here, there] = [document.getElementById(id), page.getElementById(id)];
      // Nothing is touched that has not changed: somebody may be about to press one of its buttons.
      if (here && there && here.outerHTML !== there.outerHTML) here.replaceWith(there);
    }
  } catch {
    // The sandbox was stopped. It is asked again, in case it comes back.
  }
  if (waiting()) setTimeout(look, 1000);
};
if (waiting()) setTimeout(look, 1000);
