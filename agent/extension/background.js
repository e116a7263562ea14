// Reports each page that is opened in this browser to the monitoring agent of this computer.
//
// What it promises: every committed navigation of a tab's main frame, and every change of
// address a page makes itself (history.pushState), is kept here until the agent says that it
// has it durably. An event keeps its name (epoch and number) when it is sent again, so the
// agent can tell a resend from a second visit. When too many wait, the newest are counted
// instead of kept, and the count is reported.
//
// What it refuses to do: it has no content script and asks for no host permission, so it
// cannot read pages, forms, passwords or keys. It reports no page title, because at the moment
// of the commit a tab still shows the title of the page before. For an account that is not
// monitored it keeps nothing.

"use strict";

const api = globalThis.browser ?? globalThis.chrome;

const HOST = "net.proviso.agent";
// Events that may wait for the agent. With addresses of usual length this stays well under the
// 10 MB that browsers grant to storage.local.
const MAX_WAITING = 5000;
// Longer addresses are cut: a record must fit in 65,535 bytes.
const MAX_URL = 32000;
// Pages of the browser itself (chrome:, about:) are no visits; a data: address is page content.
const REPORTED = /^(https?|ftp|file):/i;
const RETRY_MS = [250, 1000, 2000, 5000, 15000, 30000];
const KEY = "event:";

// One life of this script. Numbers count from 1 in it, so no stored counter can run back.
const epoch = hex(crypto.getRandomValues(new Uint8Array(8)));
const begun = Date.now();

let lastNumber = 0;
// What the agent has not acknowledged yet: storage key -> event, oldest first.
let waiting = new Map();
let openLoss = null;
let port = null;
// The host's number for its present connection to the agent; 0: none. What was sent under an
// older number may be lost, so the host throws it away and everything is sent again in order.
let link = 0;
let failures = 0;
let retry = null;
// "starting" | "on" | "away" | "not_monitored"
let state = "starting";
let inForce = true;
// tab id -> { private, url }: what is known of each open tab.
const tabs = new Map();

// Firefox keeps an extension whose policy was taken out. Nothing orders it any more, so it takes
// itself out, and with it what it still held.
api.management.getSelf().then((self) => {
  if (self.installType === "normal") api.management.uninstallSelf();
});

// Listeners are registered before anything is awaited: a service worker is woken for an event
// only if its listener exists when the script has run once.
api.webNavigation.onCommitted.addListener((details) => {
  if (isVisit(details)) visited(details, details.transitionType, details.transitionQualifiers);
});
api.webNavigation.onHistoryStateUpdated.addListener((details) => {
  // Pages call replaceState with the address they already have: no visit.
  if (!isVisit(details) || tabs.get(details.tabId)?.url === details.url) return;
  visited(details, details.transitionType, details.transitionQualifiers);
});
api.tabs.onCreated.addListener((tab) => noteTab(tab));
api.tabs.onRemoved.addListener((tabId) => tabs.delete(tabId));
api.runtime.onInstalled.addListener((details) => {
  if (details.reason === "install") ready.then(reportOpenTabs);
});
api.runtime.onStartup.addListener(() => connect());
api.alarms.onAlarm.addListener(() => connect());
api.runtime.onMessage.addListener((message, sender, reply) => {
  if (message?.type === "how_is_it") reply({ state, inForce, waiting: waiting.size });
});

const ready = begin();

async function begin() {
  // Wakes this script when the host could not be reached and no page is opened meanwhile.
  api.alarms.create("reconnect", { periodInMinutes: 1 });
  try {
    const stored = await api.storage.local.get(null);
    const earlier = Object.entries(stored)
      .filter(([key]) => key.startsWith(KEY))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    waiting = new Map([...earlier, ...waiting]);
  } catch (error) {
    console.warn("Proviso: events of earlier could not be read back:", error);
  }
  connect();
  api.tabs.query({}).then((open) => open.forEach(noteTab));
}

function isVisit(details) {
  return (
    details.frameId === 0 &&
    // A page rendered ahead has not been opened by anybody yet.
    details.documentLifecycle !== "prerender" &&
    REPORTED.test(details.url)
  );
}

function noteTab(tab) {
  const known = tabs.get(tab.id);
  if (known) known.private = tab.incognito;
  else tabs.set(tab.id, { private: tab.incognito, url: null });
}

async function visited(details, transition, qualifiers) {
  let tab = tabs.get(details.tabId);
  if (!tab) tabs.set(details.tabId, (tab = { private: undefined, url: null }));
  tab.url = details.url;
  if (tab.private === undefined) {
    try {
      tab.private = (await api.tabs.get(details.tabId)).incognito;
    } catch {
      // The tab is gone already: whether it was private stays unknown.
    }
  }
  const event = { type: "visit", at: Math.floor(details.timeStamp), url: details.url.slice(0, MAX_URL) };
  if (transition) event.transition = transition;
  if (qualifiers?.length) event.qualifiers = qualifiers;
  if (tab.private !== undefined) event.private = tab.private;
  keep(event);
}

// The first pages of a new profile are opened before the browser has installed this extension.
async function reportOpenTabs() {
  for (const tab of await api.tabs.query({})) {
    noteTab(tab);
    const known = tabs.get(tab.id);
    if (known.url !== null || !tab.url || !REPORTED.test(tab.url)) continue;
    known.url = tab.url;
    keep({ type: "visit", at: Date.now(), url: tab.url.slice(0, MAX_URL), private: tab.incognito });
  }
}

function keep(event) {
  if (state === "not_monitored") return;
  if (waiting.size >= MAX_WAITING) return countLoss(event.at);
  openLoss = null;
  hold({ ...event, epoch, n: ++lastNumber });
}

function countLoss(at) {
  if (openLoss === null) {
    openLoss = { type: "lost", epoch, n: ++lastNumber, count: 1, from: at, to: at };
  } else {
    openLoss.count += 1;
    openLoss.to = at;
  }
  hold(openLoss);
}

function hold(event) {
  const key = `${KEY}${pad(begun)}:${event.epoch}:${pad(event.n)}`;
  waiting.set(key, event);
  if (state === "on") send(event);
  else connect();
  api.storage.local.set({ [key]: event }).then(
    () => {
      // The acknowledgement may have been quicker than the disk.
      if (!waiting.has(key)) api.storage.local.remove(key);
    },
    (error) => console.warn("Proviso: an event is kept in memory only:", error),
  );
}

function send(event) {
  // What has left may have arrived: later losses are counted under a number of their own.
  if (event === openLoss) openLoss = null;
  try {
    port.postMessage({ link, event });
  } catch {
    // The port closed under us: it is sent again after the next welcome.
  }
}

function connect() {
  if (port !== null) return;
  clearTimeout(retry);
  port = api.runtime.connectNative(HOST);
  port.onMessage.addListener(fromHost);
  port.onDisconnect.addListener((closed) => {
    // Reading lastError tells the browser that the failure was seen.
    const reason = closed?.error?.message ?? api.runtime.lastError?.message;
    if (reason) console.warn("Proviso: the monitoring agent's host ended:", reason);
    port = null;
    link = 0;
    if (state !== "not_monitored") state = "away";
    retry = setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    failures += 1;
  });
}

function fromHost(message) {
  if (message.type === "welcome") {
    failures = 0;
    // Not before the events of earlier are read back: the agent takes a number lower than one it
    // has as a resend, so what waits goes first and in order.
    const answered = port;
    ready.then(() => {
      if (port === answered) welcomed(message);
    });
  } else if (message.type === "away") {
    if (state !== "not_monitored") state = "away";
  } else if (message.type === "ack") {
    acknowledged(message.epoch, message.n);
  }
}

function welcomed(message) {
  inForce = message.in_force;
  if (!message.monitored) {
    state = "not_monitored";
    forgetAll();
  } else if (message.link !== link) {
    state = "on";
    link = message.link;
    for (const event of waiting.values()) send(event);
  }
}

// The agent holds everything of this epoch up to this number.
function acknowledged(ackedEpoch, n) {
  const done = [];
  for (const [key, event] of waiting) {
    if (event.epoch === ackedEpoch && event.n <= n) done.push(key);
  }
  for (const key of done) waiting.delete(key);
  api.storage.local.remove(done);
}

function forgetAll() {
  api.storage.local.remove([...waiting.keys()]);
  waiting.clear();
  openLoss = null;
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Sixteen digits hold every safe integer, so that keys sort as numbers do.
function pad(number) {
  return String(number).padStart(16, "0");
}
