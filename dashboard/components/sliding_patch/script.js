// A grey patch that slides over one face per model, row by row; it can be dragged, or moved with the arrow keys.
// Where it has been stays coloured by how much less likely the answer became. All text comes from the server.

const PACE = 350; // milliseconds per position
const PURPLE = [[197, 120, 214], [142, 36, 170], [74, 0, 114]]; // from a small to a large drop, as in the maps
const OPACITY = 0.75, FAINT = 0.04;
const KEPT = new WeakMap(); // element of the page -> its state, across reruns
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function made(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

function shade(share) {
  const at = share * (PURPLE.length - 1), low = Math.min(Math.floor(at), PURPLE.length - 2);
  const mixed = PURPLE[low].map((value, i) => Math.round(value + (PURPLE[low + 1][i] - value) * (at - low)));
  return `rgba(${mixed.join(",")},${share > FAINT ? OPACITY * share ** 0.6 : 0})`;
}

function panel(data, each) {
  const figure = made("figure"), frame = made("div", "frame"), image = made("img"), patch = made("div", "patch");
  const trail = made("canvas", "trail"), meter = made("div", "meter"), level = made("div"), said = made("div", "said");
  const found = made("div", "found", each.found);
  image.src = data.src;
  image.alt = each.alt;
  image.draggable = false;
  trail.width = trail.height = 512;
  patch.style.width = patch.style.height = `${100 * data.patch}%`;
  meter.append(level);
  frame.append(image, trail, patch);
  figure.append(made("div", "title", each.title), frame, meter, said, found);
  return { ...each, figure, frame, trail, patch, level, said };
}

class Slide {
  constructor(root, data) {
    this.root = root;
    [this.board, this.button, this.hint, this.heard] =
      [".board", "button", ".hint", ".heard"].map((name) => root.querySelector(name));
    this.grid = data.grid;
    this.seen = new Set();
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.update(data);
    this.listen();
    if (this.still) this.finish();
    else this.play();
  }

  get last() { return this.grid ** 2 - 1; }

  update(data) {
    this.data = data;
    this.step = (1 - data.patch) / (data.grid - 1);
    this.panels = data.panels.map((each) => panel(data, each));
    this.board.replaceChildren(...this.panels.map((each) => each.figure));
    this.board.setAttribute("aria-label", data.words.board);
    this.hint.textContent = data.words.hint;
    for (const { frame } of this.panels) {
      frame.onpointerdown = (event) => { this.stop(); frame.setPointerCapture(event.pointerId); this.follow(frame, event); };
      frame.onpointermove = (event) => { if (event.buttons) this.follow(frame, event); };
      frame.onpointerup = () => this.board.classList.remove("dragged");
    }
    this.show(this.at ?? 0);
    this.name();
  }

  listen() {
    this.button.onclick = () => (this.timer ? this.stop() : this.play());
    this.board.onkeydown = (event) => {
      const move = MOVES[event.key];
      if (!move) return;
      event.preventDefault();
      this.stop();
      const [row, column] = [Math.floor(this.at / this.grid) + move[0], (this.at % this.grid) + move[1]];
      if (Math.min(row, column) < 0 || Math.max(row, column) >= this.grid) return;
      this.show(row * this.grid + column);
      this.heard.textContent = this.panels.map((each) => `${each.title}: ${each.said.textContent}`).join(". ");
    };
  }

  follow(frame, event) {
    const box = frame.getBoundingClientRect();
    const cell = (offset, length) =>
      Math.min(this.grid - 1, Math.max(0, Math.round((offset / length - this.data.patch / 2) / this.step)));
    this.board.classList.add("dragged");
    this.show(cell(event.clientY - box.top, box.height) * this.grid + cell(event.clientX - box.left, box.width));
  }

  play() {
    this.seen.clear();
    this.show(0);
    this.timer = setInterval(() => {
      if (!this.root.isConnected) return this.stop();
      if (this.at === this.last) return this.finish();
      this.show(this.at + 1);
    }, PACE);
    this.name();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.name();
  }

  // All positions are coloured, and the patch lies where it counted most.
  finish() {
    this.stop();
    for (let index = 0; index <= this.last; index += 1) this.seen.add(index);
    const { colours } = this.panels[0];
    this.show(colours.indexOf(Math.max(...colours)));
  }

  name() { this.button.textContent = this.timer ? this.data.words.stop : this.data.words.play; }

  show(index) {
    this.at = index;
    this.seen.add(index);
    const top = Math.floor(index / this.grid) * this.step, left = (index % this.grid) * this.step;
    for (const each of this.panels) {
      const { said, probability, changed } = each.answers[index];
      Object.assign(each.patch.style, { left: `${100 * left}%`, top: `${100 * top}%` });
      each.level.style.width = `${100 * probability}%`;
      each.said.textContent = said;
      each.figure.classList.toggle("changed", changed);
      each.figure.classList.toggle("whole", this.seen.size > this.last);
      this.colour(each);
    }
  }

  // Each position is drawn as the square in the middle of its patch; the squares lie side by side.
  colour({ trail, colours }) {
    const brush = trail.getContext("2d"), side = trail.width;
    const first = (this.data.patch - this.step) / 2;
    const edge = (cell) => Math.round((first + cell * this.step) * side);
    brush.clearRect(0, 0, side, side);
    for (const index of this.seen) {
      const row = Math.floor(index / this.grid), column = index % this.grid;
      brush.fillStyle = shade(colours[index]);
      brush.fillRect(edge(column), edge(row), edge(column + 1) - edge(column), edge(row + 1) - edge(row));
    }
  }
}

export default function ({ data, parentElement }) {
  const shown = KEPT.get(parentElement), same = shown && shown.board.isConnected && shown.data.src === data.src;
  if (same) {
    shown.update(data);
    return;
  }
  shown?.stop();
  KEPT.set(parentElement, new Slide(parentElement, data));
}
