// Says in one sentence how monitoring stands. It only reads: nothing can be switched here.

"use strict";

const api = globalThis.browser ?? globalThis.chrome;

const SENTENCES = {
  on: "Monitoring is on.",
  starting: "Monitoring is on. The monitoring agent has not answered yet.",
  away: "Monitoring is on, but the monitoring agent does not answer. Pages are kept here until it does.",
  not_monitored: "This account of the computer is not monitored: nothing is kept or sent.",
};
const NO_ORDER = "No order is in force at the moment: nothing is recorded.";

api.runtime.sendMessage({ type: "how_is_it" }).then(
  ({ state, inForce, waiting }) =>
    show((state === "on" && !inForce ? NO_ORDER : SENTENCES[state]) + (waiting ? ` Waiting to be handed over: ${waiting}.` : "")),
  () => show("Monitoring is on, but its background part does not answer. Restarting the browser helps."),
);

function show(sentence) {
  document.getElementById("state").textContent = sentence;
}
