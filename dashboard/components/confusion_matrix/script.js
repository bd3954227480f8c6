// A table of true classes (rows) and predicted classes (columns). All text comes from the server; it returns the
// selected cell, and null when it is deselected.

function made(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function head(data) {
  const top = made("tr"), names = made("tr");
  top.append(made("td"), made("th", data.answer, { class: "over", colspan: data.columns.length, scope: "colgroup" }));
  names.append(made("th", data.truth, { class: "axis", scope: "col" }));
  names.append(...data.columns.map((name) => made("th", name, { scope: "col" })));
  const part = made("thead");
  part.append(top, names);
  return part;
}

function cell(one, open, choose) {
  const place = made("td"), face = made(open ? "button" : "div", undefined, { class: "cell" });
  face.append(made("b", one.share), made("span", one.faces));
  face.style.setProperty("--ground", one.ground);
  face.style.setProperty("--ink", one.ink);
  if (open) {
    face.type = "button";
    face.dataset.name = one.cell.join(" ");
    face.setAttribute("aria-label", one.said);
    face.onclick = () => choose(one.cell);
  }
  place.append(face);
  return place;
}

export default function ({ data, parentElement, setStateValue }) {
  const table = parentElement.querySelector("table");
  const at = table.getRootNode().activeElement?.dataset?.name;
  const buttons = () => [...table.querySelectorAll("button")];
  let chosen = data.chosen?.join(" ");

  function mark() {
    for (const each of buttons()) each.setAttribute("aria-pressed", each.dataset.name === chosen);
  }

  function choose(pair) {
    const again = chosen === pair.join(" ");
    chosen = again ? undefined : pair.join(" ");
    mark();
    setStateValue("cell", again ? null : pair);
  }

  const body = made("tbody");
  for (const row of data.rows) {
    const line = made("tr");
    line.append(made("th", row.title, { scope: "row" }), ...row.cells.map((one) => cell(one, data.can_open, choose)));
    body.append(line);
  }
  table.replaceChildren(made("caption", data.caption), head(data), body);
  mark();
  if (at) buttons().find((each) => each.dataset.name === at)?.focus();
}
