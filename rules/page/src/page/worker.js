// Runs the verifier beside the page, so that the page can still be read and stopped.
"use strict";

const reader = new FileReaderSync();
let files = [];
let memory;
let told = 0;

// The one thing that the module may ask for: bytes of a file that was handed over.
function read(number, at, into, length) {
  const file = files[number];
  const now = Date.now();
  if (now - told > 100) {
    told = now;
    postMessage({ reading: file.name });
  }
  try {
    const from = Number(at);
    const bytes = reader.readAsArrayBuffer(file.data.slice(from, from + length));
    if (bytes.byteLength !== length) {
      return 0;
    }
    new Uint8Array(memory.buffer, into >>> 0, length).set(new Uint8Array(bytes));
    return 1;
  } catch {
    return 0;
  }
}

onmessage = async ({ data }) => {
  try {
    const unpacked = new Blob([data.module]).stream().pipeThrough(new DecompressionStream("deflate"));
    const module = await new Response(unpacked).arrayBuffer();
    const { instance } = await WebAssembly.instantiate(module, { page: { read } });
    const verifier = instance.exports;
    memory = verifier.memory;
    const answer = () =>
      JSON.parse(new TextDecoder().decode(
        new Uint8Array(memory.buffer, verifier.said() >>> 0, verifier.said_length() >>> 0)));
    verifier.about();
    postMessage({ who: answer() });
    if (!data.files) {
      return;
    }
    files = data.files.concat(data.lists);
    const named = (list) => list.map(({ name, data }) => ({ name, size: data.size }));
    const asked = new TextEncoder().encode(
      JSON.stringify({ files: named(data.files), lists: named(data.lists) }));
    const room = verifier.room(asked.length) >>> 0;
    new Uint8Array(memory.buffer, room, asked.length).set(asked);
    verifier.verify();
    postMessage({ answer: answer() });
  } catch (error) {
    postMessage({ broken: String(error) });
  }
};
