// Reports to the monitoring agent of this computer what a court order lets be recorded of this
// browser: pages opened, downloads that are complete, history that was removed, the page in front
// while the person uses it, and that a private window is open.
//
// What it promises: every committed navigation of a tab's main frame, every change of address a
// page makes itself (history.pushState), and each of the other events is kept here until the agent
// says that it has it durably. An event keeps its name (epoch and number) when it is sent again,
// so the agent can tell a resend from a second one. When too many wait, the newest are counted
// instead of kept, and the count is reported. The agent says which kinds an order in force wants:
// others are not kept and do not leave the browser.
//
// What it refuses to do: it has no content script and asks for no host permission, so it
// cannot read pages, forms, passwords or keys. It reports no page title, because at the moment
// of the commit a tab still shows the title of the page before. It may look into the history and
// the downloads and does not: it hears what was removed, and looks up the one download that it was
// told of. Of a private window it tells no address unless an order lets visits be recorded. For an
// account that is not monitored it keeps nothing.

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
// What the agent calls each sort of event. The count of what was let go is always told.
const KINDS = {
  visit: "web_visit",
  download: "download",
  cleared: "history_cleared",
  front: "foreground",
  private_window: "private_window",
};
const MAX_PATH = 4096;
// A page that was in front for less was passed over, not looked at.
const MIN_FRONT_MS = 3000;
// The stretch in front is told each minute; what is much longer was spent asleep.
const MAX_FRONT_MS = 75000;
// So long without a key or the mouse, and the person is idle.
const IDLE_S = 60;
// Addresses seen opened in this life, as small hashes.
const MAX_OPENED = 20000;

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
// Kinds that an order in force wants; null: this profile was never told.
let wanted = null;
// Keys of what was kept before it was known whether it is wanted.
const unsure = new Set();
// The page in front: { url, shown, since }, or null.
let front = null;
let looks = 0;
let idle = "active";
const opened = new Set();
// Private windows that were reported: kept for as long as the browser runs.
let privateWindows = new Set();
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
api.tabs.onRemoved.addListener((tabId) => {
  tabs.delete(tabId);
  lookInFront();
});
api.tabs.onActivated.addListener(() => lookInFront());
api.tabs.onUpdated.addListener((tabId, change, tab) => {
  if (change.url !== undefined && tab.active) lookInFront();
});
api.windows.onFocusChanged.addListener(() => lookInFront());
api.windows.onCreated.addListener((window) => ready.then(() => reportPrivate([window])));
api.idle.setDetectionInterval(IDLE_S);
api.idle.onStateChanged.addListener((now) => {
  idle = now;
  // The last sign of the person is so long ago.
  if (idle !== "active") leaveFront(Date.now() - IDLE_S * 1000);
  else lookInFront();
});
api.downloads.onChanged.addListener((change) => {
  if (change.state?.current === "complete") downloaded(change.id);
});
api.history.onVisitRemoved.addListener((removed) => cleared(removed));
api.runtime.onInstalled.addListener((details) => {
  if (details.reason === "install") ready.then(reportOpenTabs);
});
api.runtime.onStartup.addListener(() => connect());
api.alarms.onAlarm.addListener(() => {
  connect();
  // A stretch is told each minute, and goes on if the page is still in front.
  leaveFront(Date.now());
  lookInFront();
});
api.runtime.onMessage.addListener((message, sender, reply) => {
  if (message?.type === "how_is_it") reply({ state, wanted: wanted && [...wanted], waiting: waiting.size });
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
    if (wanted === null) {
      if (stored.wanted) want(stored.wanted);
      else earlier.forEach(([key]) => unsure.add(key));
    }
    const session = await api.storage.session.get({ privateWindows: [] });
    privateWindows = new Set(session.privateWindows);
    idle = await api.idle.queryState(IDLE_S);
  } catch (error) {
    console.warn("Proviso: events of earlier could not be read back:", error);
  }
  connect();
  api.tabs.query({}).then((open) => open.forEach(noteTab));
  lookAtWindows();
  lookInFront();
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
  noteOpened(details.url);
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
    noteOpened(tab.url);
    keep({ type: "visit", at: Date.now(), url: tab.url.slice(0, MAX_URL), private: tab.incognito });
  }
}

async function downloaded(id) {
  if (!wants("download")) return;
  const [item] = await api.downloads.search({ id });
  if (item?.state !== "complete") return;
  const event = { type: "download", at: Date.parse(item.endTime) || Date.now() };
  const url = addressOf(item.finalUrl || item.url, item.incognito);
  if (url) event.url = url;
  if (item.filename) event.path = item.filename.slice(0, MAX_PATH);
  if (item.mime) event.mime = item.mime.slice(0, 100);
  if (item.fileSize >= 0) event.bytes = item.fileSize;
  keep(event);
}

// Browsers let old history go by themselves and say it in the same words. What was opened while
// this script runs is not old, so only that is counted; what was removed of days before the agent
// finds in the history itself.
function cleared({ allHistory, urls }) {
  const event = { type: "cleared", at: Date.now() };
  if (!allHistory) {
    event.count = urls.filter((url) => opened.delete(small(url))).length;
    if (event.count === 0) return;
  }
  keep(event);
}

function noteOpened(url) {
  if (opened.size >= MAX_OPENED) opened.delete(opened.values().next().value);
  opened.add(small(url));
}

// 53 bits, enough to know a page again.
function small(url) {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < url.length; at++) {
    a = Math.imul(a ^ url.charCodeAt(at), 2654435761);
    b = Math.imul(b ^ url.charCodeAt(at), 1597334677);
  }
  return (b >>> 0) * 0x200000 + (a >>> 11);
}

// Finds out which page is in front. A later look overtakes an earlier one.
async function lookInFront() {
  const look = ++looks;
  let now = null;
  if (idle === "active" && wants("foreground")) {
    try {
      const window = await api.windows.getLastFocused({ populate: true });
      const tab = window.focused && window.tabs?.find((tab) => tab.active);
      if (tab) now = { url: tab.url ?? "", shown: addressOf(tab.url, tab.incognito) };
    } catch {
      // No window is open.
    }
  }
  if (look !== looks || now?.url === front?.url) return;
  leaveFront(Date.now());
  if (now) front = { ...now, since: Date.now() };
}

// The page is no longer in front, or a minute is over.
function leaveFront(at) {
  if (front === null) return;
  const { shown, since } = front;
  front = null;
  const ms = Math.min(at - since, MAX_FRONT_MS);
  if (ms < MIN_FRONT_MS) return;
  const event = { type: "front", at: since, ms };
  if (shown) event.url = shown;
  keep(event);
}

async function lookAtWindows() {
  reportPrivate(await api.windows.getAll());
}

// Each private window once, and nothing of what is in it.
function reportPrivate(windows) {
  if (!wants("private_window")) return;
  const fresh = windows.filter((window) => window.incognito && !privateWindows.has(window.id));
  if (fresh.length === 0) return;
  for (const window of fresh) {
    privateWindows.add(window.id);
    keep({ type: "private_window", at: Date.now() });
  }
  api.storage.session.set({ privateWindows: [...privateWindows] });
}

// The address of something, if it is one to report.
function addressOf(url, isPrivate) {
  if (!url || !REPORTED.test(url) || (isPrivate && !wanted?.has("web_visit"))) return undefined;
  return url.slice(0, MAX_URL);
}

function wants(kind) {
  return state !== "not_monitored" && (wanted === null || wanted.has(kind));
}

// The agent has said what an order in force wants. What was kept before anybody said is let go if
// it is not among that; what was wanted when it happened stays.
function want(kinds) {
  wanted = new Set(kinds);
  const unwanted = [...unsure].filter((key) => !isWanted(waiting.get(key)));
  unsure.clear();
  for (const key of unwanted) waiting.delete(key);
  if (unwanted.length) api.storage.local.remove(unwanted);
}

function isWanted(event) {
  return event !== undefined && (event.type === "lost" || wanted.has(KINDS[event.type]));
}

function keep(event) {
  if (!wants(KINDS[event.type])) return;
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
  if (wanted === null) unsure.add(key);
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
  // An account that is not monitored is not by its next start either, until the agent says so.
  const kinds = message.monitored ? message.wanted : [];
  want(kinds);
  api.storage.local.set({ wanted: kinds });
  if (!message.monitored) {
    state = "not_monitored";
    front = null;
    forgetAll();
    return;
  }
  if (message.link !== link) {
    state = "on";
    link = message.link;
    for (const event of waiting.values()) send(event);
  }
  // What is open already was not looked for while nobody wanted it.
  lookAtWindows();
  lookInFront();
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
  unsure.clear();
  openLoss = null;
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Sixteen digits hold every safe integer, so that keys sort as numbers do.
function pad(number) {
  return String(number).padStart(16, "0");
}
