// Says in one sentence how monitoring stands. It only reads: nothing can be switched here.

"use strict";

const api = globalThis.browser ?? globalThis.chrome;

const SENTENCES = {
  on: "Monitoring is on.",
  starting: "Monitoring is on. The monitoring agent has not answered yet.",
  away: "Monitoring is on, but the monitoring agent does not answer. What is to be reported is kept here until it does.",
  not_monitored: "This account of the computer is not monitored: nothing is kept or sent.",
};
const NO_ORDER = "No order in force asks for anything of this browser at the moment: nothing is reported.";
// What the agent calls what an order lets be recorded, in words.
const KINDS = {
  web_visit: "pages opened",
  download: "downloads",
  history_cleared: "history that is removed",
  foreground: "the page in front, and for how long",
  private_window: "that a private window is open",
};

api.runtime.sendMessage({ type: "how_is_it" }).then(
  ({ state, wanted, waiting }) => show(sentence(state, wanted) + (waiting ? ` Waiting to be handed over: ${waiting}.` : "")),
  () => show("Monitoring is on, but its background part does not answer. Restarting the browser helps."),
);

function sentence(state, wanted) {
  if (state !== "on" || !wanted) return SENTENCES[state];
  if (wanted.length === 0) return NO_ORDER;
  return `${SENTENCES.on} Reported now, as the order asks: ${wanted.map((kind) => KINDS[kind] ?? kind).join("; ")}.`;
}

function show(sentence) {
  document.getElementById("state").textContent = sentence;
}
