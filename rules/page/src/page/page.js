// The page around the verifier: takes files, shows what the verifier says. It decides nothing.
"use strict";

(() => {
  const at = (id) => document.getElementById(id);
  const MARKS = {
    "holds": "holds",
    "FAILS": "fails",
    "NOT CHECKED": "unchecked",
    "for you": "person",
    "nothing": "nothing",
  };
  const ENDINGS = { verified: "verified", fails: "failed", "cannot-say": "unsure" };
  const ADVICE = "Nothing is proved. Choose the bundle with a button, or use the command proviso verify.";

  const module = Uint8Array.from(atob(at("module").textContent), (c) => c.charCodeAt(0));
  const program = URL.createObjectURL(new Blob([at("worker").textContent], { type: "text/javascript" }));
  let running = null;
  let saved = null;

  function make(name, text, kind) {
    const element = document.createElement(name);
    if (text !== undefined) {
      element.textContent = text;
    }
    if (kind) {
      element.className = kind;
    }
    return element;
  }

  function say(words) {
    at("status").textContent = words;
  }

  // One run has one worker, whose memory goes with it.
  function start(task, done) {
    end();
    const worker = new Worker(program);
    running = worker;
    worker.onmessage = ({ data }) => {
      if (worker !== running) {
        return;
      }
      if (data.who) {
        at("version").textContent = data.who.version;
        at("format").textContent = data.who.format;
        at("engine").textContent = data.who.engine;
        if (!task.files) {
          end();
        }
      } else if (data.reading) {
        at("progress").textContent = `Read last: ${data.reading}`;
      } else {
        end();
        done(data);
      }
    };
    worker.onerror = (event) => {
      event.preventDefault();
      end();
      done({ broken: event.message || "the browser did not let it start" });
    };
    worker.postMessage({ module, ...task });
  }

  function end() {
    if (running) {
      running.terminate();
      running = null;
    }
  }

  function check(files) {
    const lists = Array.from(at("lists").files, (data) => ({ name: data.name, data }));
    at("result").hidden = true;
    at("working").hidden = false;
    at("progress").textContent = `${files.length} files`;
    say("Checking.");
    const began = performance.now();
    start({ files, lists }, (data) => {
      at("working").hidden = true;
      show(data, (performance.now() - began) / 1000);
    });
  }

  function show({ answer, broken }, seconds) {
    for (const id of ["about", "questions", "keys"]) {
      at(id).replaceChildren();
    }
    at("measured").textContent = "";
    at("save").hidden = true;
    if (saved) {
      URL.revokeObjectURL(saved);
      saved = null;
    }
    if (!answer || answer.unusable) {
      const why = answer ? answer.unusable : `The check did not come to its end (${broken}). ${ADVICE}`;
      verdict(`COULD NOT CHECK: ${why}`, "unsure");
      return;
    }
    verdict(answer.verdict, ENDINGS[answer.ending] || "unsure");
    if (answer.about) {
      at("about").append(make("p", answer.about, "lines"));
    }
    const folder = answer.folder ? `the folder ${answer.folder}` : "what you chose";
    at("measured").textContent =
      `Checked ${folder}: ${answer.files} files, ${(answer.bytes / 1e6).toFixed(1)} MB, in ${seconds.toFixed(1)} s.`;
    for (const question of answer.questions) {
      const item = make("li");
      item.append(make("h3", question.heading));
      const list = make("ul");
      for (const said of question.said) {
        const line = make("li", undefined, `said ${MARKS[said.word] || "unchecked"}`);
        line.append(make("span", said.word, "word"), " ", make("span", said.what, "what"));
        for (const why of said.why) {
          line.append(make("p", why, "why"));
        }
        list.append(line);
      }
      item.append(list);
      at("questions").append(item);
    }
    if (answer.keys.length > 0) {
      at("keys").append(make("h3", "Keys to compare"), make("p", answer.keys_say, "lines"));
      const list = make("ul");
      for (const key of answer.keys) {
        list.append(make("li", key, "key"));
      }
      at("keys").append(list);
    }
    saved = URL.createObjectURL(new Blob([answer.text], { type: "text/plain" }));
    at("save").href = saved;
    at("save").hidden = false;
  }

  function verdict(words, kind) {
    at("verdict").textContent = words;
    at("verdict").className = kind;
    at("result").hidden = false;
    say(words);
    at("result").focus();
  }

  // A folder that was dropped comes piece by piece. Browsers differ in how: where a page is a file, the older
  // way does not work in all of them.
  async function walk(handle, path, found) {
    if (handle.kind === "file") {
      found.push({ name: path, data: await handle.getFile() });
      return;
    }
    for await (const next of handle.values()) {
      await walk(next, `${path}/${next.name}`, found);
    }
  }

  async function walkEntry(entry, found) {
    if (entry.isFile) {
      const data = await new Promise((take, fail) => entry.file(take, fail));
      found.push({ name: entry.fullPath.replace(/^\//, ""), data });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((take, fail) => reader.readEntries(take, fail));
      if (some.length === 0) {
        return;
      }
      for (const next of some) {
        await walkEntry(next, found);
      }
    }
  }

  async function dropped(event) {
    event.preventDefault();
    document.body.classList.remove("over");
    // All are asked for before the first is awaited: behind that, the browser has forgotten them.
    const items = Array.from(event.dataTransfer.items).filter((item) => item.kind === "file").map((item) => ({
      entry: item.webkitGetAsEntry(),
      data: item.getAsFile(),
      handle: item.getAsFileSystemHandle ? item.getAsFileSystemHandle() : null,
    }));
    const found = [];
    try {
      for (const { entry, data, handle } of items) {
        if (entry && entry.isFile) {
          found.push({ name: data.name, data });
        } else if (handle) {
          const folder = await handle;
          await walk(folder, folder.name, found);
        } else {
          await walkEntry(entry, found);
        }
      }
    } catch (error) {
      show({ broken: `this browser does not let the page read what you dropped: ${error.message}` }, 0);
      return;
    }
    check(found);
  }

  function chosen({ target }) {
    const files = Array.from(target.files, (data) => ({ name: data.webkitRelativePath || data.name, data }));
    target.value = "";
    if (files.length > 0) {
      check(files);
    }
  }

  at("folder").addEventListener("change", chosen);
  at("zip").addEventListener("change", chosen);
  at("stop").addEventListener("click", () => {
    end();
    at("working").hidden = true;
    show({ broken: "you stopped it" }, 0);
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) {
      document.body.classList.remove("over");
    }
  });
  document.addEventListener("drop", dropped);
  at("choose").hidden = false;
  start({}, show);
})();
