// Finds what a person would name, and marks it: a field by its label, a button or a link by its words.
((action, kind, words) => {
  const plain = (text) => (text || "").replace(/\s+/g, " ").trim();
  const shown = (one) => one.getClientRects().length > 0;
  const path = (form) => (form.getAttribute("action") || "").split(/[?#]/)[0];
  for (const one of document.querySelectorAll("[data-it]")) {
    one.removeAttribute("data-it");
  }
  const places = action
    ? [...document.forms].filter((form) => path(form).endsWith(action))
    : [document.body];
  const all = (what) => places.flatMap((place) => [...place.querySelectorAll(what)]);
  const named = {
    field: () => all("label").filter((label) => label.control),
    button: () => all("button"),
    link: () => all("a[href]"),
    summary: () => all("summary"),
  }[kind]().filter(shown);
  const it =
    named.find((one) => plain(one.textContent) === words) ||
    named.find((one) => plain(one.textContent).startsWith(words));
  if (!it) {
    return null;
  }
  it.setAttribute("data-it", kind);
  const control = it.control;
  if (!control) {
    return kind;
  }
  control.setAttribute("data-it", "control");
  return control.tagName === "INPUT" ? control.type : control.tagName.toLowerCase();
})
