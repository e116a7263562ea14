"use strict";
// Keeps the page up to date. Everything works without it: it only asks for the same page again
// when the collector says that something changed, and swaps the parts that are marked data-live.
(() => {
  const status = document.getElementById("live-status");
  const parts = document.querySelectorAll("[data-live]");
  if (!status || parts.length === 0 || !("EventSource" in window)) {
    return;
  }
  const person = document.body.dataset.person;
  const source = new EventSource("/live");
  // What a form answered lies where nothing can be asked for.
  const own = status.dataset.at;
  const here = own && own !== location.pathname ? own : location.href;
  let busy = false;
  let again = false;

  // Nothing moves between the press of a button and its release, or the click is lost; but whoever holds one
  // down for long sees what is new all the same.
  const LONGEST = 2000;
  let pressed = null;
  document.addEventListener("pointerdown", () => {
    pressed = new Promise((done) => {
      // The click comes after it.
      document.addEventListener("pointerup", () => setTimeout(done), { once: true });
      setTimeout(done, LONGEST);
    });
  });

  const say = (text, on) => {
    if (status.textContent !== text) {
      status.textContent = text;
    }
    status.dataset.on = on ? "yes" : "no";
  };

  const open = (root) => {
    const count = root.querySelector("[data-open]");
    return count ? Number(count.dataset.open) : null;
  };

  // Where the keyboard was, so that a swap does not throw it out.
  const focused = (part) => {
    const at = document.activeElement;
    if (!at || !part.contains(at)) {
      return null;
    }
    return at.id ? `#${CSS.escape(at.id)}` : `a[href="${CSS.escape(at.getAttribute("href") || "")}"]`;
  };

  const swap = (fresh) => {
    const before = open(document);
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (!next || next.innerHTML === part.innerHTML) {
        continue;
      }
      const at = focused(part);
      part.replaceChildren(...next.childNodes);
      if (at) {
        part.querySelector(at)?.focus();
      }
    }
    document.title = fresh.title;
    const now = open(document);
    if (now === null) {
      say("Live: this page shows changes as they happen.", true);
      return;
    }
    const what = `${now} waiting for a decision`;
    say(now > before ? `New: ${what}` : `Live: ${what}`, true);
  };

  const refresh = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      do {
        again = false;
        const answer = await fetch(here, {
          headers: { "x-live": "1" },
          cache: "no-store",
        });
        if (answer.status === 401) {
          source.close();
          say("Not live: you are signed out. Open the page again to sign in.", false);
          return;
        }
        if (answer.status === 403) {
          source.close();
          say("Not live: this is not yours to see any more. What you see may be old.", false);
          return;
        }
        if (!answer.ok) {
          throw new Error(String(answer.status));
        }
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        await pressed;
        swap(fresh);
      } while (again);
    } catch {
      say("Not live: the collector does not answer. What you see may be old.", false);
    } finally {
      busy = false;
    }
  };

  source.addEventListener("open", refresh);
  source.addEventListener("change", (event) => {
    const whose = event.data;
    if (!person || !whose || whose === person) {
      refresh();
    }
  });
  source.addEventListener("error", () => {
    say("Not live: connection lost. What you see may be old.", false);
    if (source.readyState === EventSource.CLOSED) {
      refresh();
    }
  });
})();
