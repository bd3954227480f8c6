// Two maps with a slider between them that wipes from the first to the second, and their difference, folded
// away; one cursor is on all of them.
// All text comes from the server; nothing is sent back.

const STEP = 1, STRIDE = 5;
const KEPT = (globalThis.maskEvidenceCompare ??= {}); // last positions, across reruns

function made(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

function filled(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (blank, name) => (name in values ? values[name] : blank));
}

function strongest(grid) {
  let best = { row: 0, column: 0, value: -Infinity };
  grid.forEach((line, row) =>
    line.forEach((value, column) => {
      if (value !== null && value > best.value) best = { row, column, value };
    }),
  );
  return { row: best.row, column: best.column };
}

function picture(src, alt) {
  const image = made("img");
  image.src = src;
  image.alt = alt;
  image.draggable = false;
  return image;
}

function panel(layer) {
  const figure = made("figure"), frame = made("div", "frame"), caption = made("figcaption", "value");
  const across = made("div", "across"), down = made("div", "down");
  frame.append(picture(layer.src, layer.alt), across, down);
  figure.append(made("figcaption", "title", layer.title), frame, caption);
  if (layer.note) figure.append(made("figcaption", "note", layer.note));
  return { figure, frame, caption, across, down, values: layer.values, signed: layer.signed };
}

function wipe(data, state) {
  const figure = made("figure"), frame = made("div", "frame"), edge = made("div", "edge");
  const [first, second] = data.layers.slice(0, 2);
  const above = picture(first.src, ""), below = picture(second.src, "");
  const slider = made("input");
  Object.assign(slider, { type: "range", min: 0, max: 100, value: state.wipe });
  slider.setAttribute("aria-label", data.words.wipe);
  const draw = () => {
    state.wipe = Number(slider.value);
    above.style.clipPath = `inset(0 ${100 - state.wipe}% 0 0)`;
    edge.style.left = `${state.wipe}%`;
    slider.setAttribute("aria-valuetext", filled(data.words.wiped, { part: state.wipe }));
  };
  slider.addEventListener("input", draw);
  frame.append(below, above, edge);
  figure.append(made("figcaption", "title", data.words.wipe), frame, slider);
  draw();
  return figure;
}

export default function ({ data, parentElement }) {
  const [maps, shown, apart, heard] = [".maps", ".place", ".apart", ".heard"].map((name) =>
    parentElement.querySelector(name),
  );
  const state = (KEPT.state ??= { cursor: strongest(data.layers[0].values), wipe: 50, apart: false });
  const rows = data.places.length, columns = data.places[0].length;
  const panels = data.layers.map(panel);
  const digits = { minimumFractionDigits: data.digits, maximumFractionDigits: data.digits };
  const written = [false, true].map((signed) =>
    new Intl.NumberFormat(data.language, { ...digits, signDisplay: signed ? "exceptZero" : "negative" }),
  );

  const read = (value, signed) => {
    if (value === null) return data.words.outside;
    const number = written[Number(signed)].format(value * data.factor).replace("-", "\u2212");
    return filled(data.words.value, { value: number });
  };

  function show(aloud) {
    const { row, column } = state.cursor;
    for (const each of panels) {
      each.across.style.top = `${(100 * (row + 0.5)) / rows}%`;
      each.down.style.left = `${(100 * (column + 0.5)) / columns}%`;
      each.caption.textContent = read(each.values[row][column], each.signed);
    }
    const place = data.words.places[data.places[row][column]];
    const seen = data.layers.slice(0, state.apart ? 3 : 2);
    const said = seen.map((layer, index) => `${layer.title}: ${panels[index].caption.textContent}`);
    shown.textContent = filled(data.words.place, { place });
    if (aloud) heard.textContent = [place, ...said].join(". ");
  }

  function move(row, column, aloud) {
    const within = (value, size) => Math.min(Math.max(value, 0), size - 1);
    state.cursor = { row: within(row, rows), column: within(column, columns) };
    show(aloud);
  }

  function follow(frame, event) {
    const box = frame.getBoundingClientRect();
    const at = (offset, length, size) => Math.floor((offset / length) * size);
    move(at(event.clientY - box.top, box.height, rows), at(event.clientX - box.left, box.width, columns), false);
  }

  parentElement.querySelector(".wipe").replaceChildren(wipe(data, state));
  maps.replaceChildren(panels[0].figure, panels[1].figure);
  apart.querySelector(".difference").replaceChildren(panels[2].figure);
  apart.querySelector("summary").textContent = data.words.apart;
  apart.open = state.apart;
  apart.ontoggle = () => (state.apart = apart.open);
  maps.setAttribute("aria-label", data.words.cursor);
  for (const { frame } of panels) {
    frame.addEventListener("pointermove", (event) => follow(frame, event));
    frame.addEventListener("pointerdown", (event) => follow(frame, event));
  }
  maps.onkeydown = (event) => {
    const by = event.shiftKey ? STRIDE : STEP, { row, column } = state.cursor;
    const steps = { ArrowUp: [-by, 0], ArrowDown: [by, 0], ArrowLeft: [0, -by], ArrowRight: [0, by] };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    move(row + step[0], column + step[1], true);
  };
  show(false);
}
