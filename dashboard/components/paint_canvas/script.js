// A face to paint on, by mouse, touch or keyboard. All text comes from the server; it returns the list of shapes in
// crop pixels, and the point that was clicked.

const STEP = 1 / 48, STRIDE = 1 / 12; // of the side: cursor step of an arrow key, without and with Shift
const BRUSH = { least: 2, most: 24, usual: 8 }; // per cent of the side
const KEPT = new WeakMap(); // element of the page -> its board

function filled(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (blank, name) => (name in values ? values[name] : blank));
}

const rounded = (value) => Math.round(value * 10) / 10;

function bar(from, to) {
  const [left, right] = [from[0], to[0]].sort((a, b) => a - b);
  const [top, bottom] = [from[1], to[1]].sort((a, b) => a - b);
  return { kind: "bar", left, top, right, bottom };
}

class Board {
  constructor(root) {
    [this.tools, this.face, this.canvas, this.answers, this.note, this.hint, this.heard] =
      [".tools", ".face", ".paint", ".answers", ".note", ".hint", ".heard"].map((name) => root.querySelector(name));
    this.content = new Image();
    this.content.onload = () => this.draw();
    this.tool = "brush";
    this.size = BRUSH.usual;
    this.cursor = [0.5, 0.5]; // shares of the side
    this.begun = null; // the shape being drawn
    this.corner = null; // where a rectangle was started with the keyboard
    this.listen();
  }

  get width() { return rounded((this.size / 100) * this.data.side); }

  // The server's picture contains all shapes sent so far; newer ones are drawn over it.
  update({ data, setStateValue, setTriggerValue }) {
    const first = !this.data;
    Object.assign(this, { data, setStateValue, setTriggerValue });
    if (first) this.shapes = data.shapes;
    this.shown = data.shapes.length;
    this.face.src = data.src;
    this.face.alt = data.alt;
    if (this.content.src !== data.content) this.content.src = data.content;
    this.canvas.setAttribute("aria-label", data.words.canvas);
    this.note.textContent = data.note;
    this.hint.textContent = data.words.hint;
    if (!first && this.heard.textContent !== data.heard) this.heard.textContent = data.heard;
    this.canvas.width = this.canvas.height = data.side * 2;
    this.draw();
    this.drawTools();
    drawAnswers(this.answers, data.answers, data.mark);
  }

  listen() {
    const on = (name, act) => this.canvas.addEventListener(name, act);
    on("pointerdown", (event) => {
      if (event.button) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.byKey = false;
      this.begin(this.at(event));
    });
    on("pointermove", (event) => this.begun && this.go(this.at(event)));
    on("pointerup", () => this.begun && this.end());
    on("pointercancel", () => this.cancel());
    on("keydown", (event) => this.key(event));
    for (const name of ["focus", "blur"]) {
      on(name, () => { this.byKey = name === "focus" && this.canvas.matches(":focus-visible"); this.draw(); });
    }
  }

  at(event) {
    const frame = this.canvas.getBoundingClientRect(), { side } = this.data;
    const share = [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
    this.cursor = share.map((part) => Math.min(1, Math.max(0, part)));
    return this.spot();
  }

  spot() { return this.cursor.map((part) => rounded(Math.min(part * this.data.side, this.data.side - 0.1))); }

  begin(spot) {
    if (this.tool === "part") return this.setTriggerValue("spot", spot);
    if (this.shapes.length >= this.data.most) return;
    this.begun = this.tool === "bar" ? bar(spot, spot) : { kind: "stroke", points: [spot], width: this.width };
    this.from = spot;
    this.draw();
  }

  go(spot) {
    if (this.begun.kind === "bar") this.begun = bar(this.from, spot);
    else {
      const last = this.begun.points.at(-1), away = Math.hypot(spot[0] - last[0], spot[1] - last[1]);
      if (away < 1 || this.begun.points.length >= this.data.points) return;
      this.begun.points.push(spot);
    }
    this.draw();
  }

  end() {
    const shape = this.begun;
    this.cancel();
    if (shape.kind === "bar" && (shape.left === shape.right || shape.top === shape.bottom)) return;
    this.send([...this.shapes, shape]);
  }

  cancel() {
    this.begun = this.corner = null;
    this.draw();
  }

  send(shapes) {
    this.shown = Math.min(this.shown, shapes.length);
    this.shapes = shapes;
    this.draw();
    this.drawTools();
    this.setStateValue("shapes", shapes);
  }

  key(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const act = { " ": () => this.press(), Enter: () => this.press(), Escape: () => this.cancel(),
      Backspace: () => this.undo(), Delete: () => this.undo() }[event.key];
    if (!way && !act) return;
    event.preventDefault();
    event.stopPropagation();
    this.byKey = true;
    if (act) return act();
    this.cursor = this.cursor.map((part, axis) =>
      Math.min(1, Math.max(0, part + way[axis] * (event.shiftKey ? STRIDE : STEP))));
    if (this.begun) this.begun = bar(this.from, this.spot());
    const [x, y] = this.cursor.map((part) => Math.round(100 * part));
    this.heard.textContent = filled(this.data.words.at, { x, y });
    this.draw();
  }

  press() {
    if (this.tool === "bar" && !this.corner) {
      this.begin(this.spot());
      this.corner = this.from;
      this.heard.textContent = this.data.words.corner;
    } else if (this.tool === "bar") this.end();
    else {
      this.begin(this.spot());
      if (this.begun) this.end();
    }
  }

  // The parts of the face that are hidden are known to the server alone.
  clear() {
    this.send([]);
    this.setTriggerValue("cleared", true);
  }

  undo() { if (this.shapes.length) this.send(this.shapes.slice(0, -1)); }

  draw() {
    if (!this.data) return;
    const pen = this.canvas.getContext("2d"), scale = this.canvas.width / this.data.side;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, this.data.side, this.data.side);
    if (this.content.complete && this.content.naturalWidth) {
      for (const shape of [...this.shapes.slice(this.shown), ...(this.begun ? [this.begun] : [])]) this.lay(pen, shape);
    }
    if (this.byKey) this.drawCursor(pen);
  }

  lay(pen, shape) {
    pen.fillStyle = pen.strokeStyle = pen.createPattern(this.content, "repeat");
    if (shape.kind === "bar") {
      pen.fillRect(shape.left, shape.top, shape.right - shape.left, shape.bottom - shape.top);
      return;
    }
    Object.assign(pen, { lineWidth: shape.width, lineCap: "round", lineJoin: "round" });
    pen.beginPath();
    pen.moveTo(...shape.points[0]);
    for (const point of shape.points.length > 1 ? shape.points.slice(1) : shape.points) pen.lineTo(...point);
    pen.stroke();
  }

  drawCursor(pen) {
    const [x, y] = this.spot(), reach = this.tool === "brush" ? this.width / 2 : this.data.side / 40;
    for (const [colour, width] of [["#000", 2.4], ["#fff", 1]]) {
      Object.assign(pen, { strokeStyle: colour, lineWidth: (width * this.data.side) / 200 });
      pen.beginPath();
      pen.arc(x, y, reach, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  drawTools() {
    const { words, tools } = this.data, at = this.tools.getRootNode().activeElement?.dataset?.name;
    const size = made("input"), label = made("label", words.size);
    Object.assign(size, { type: "range", min: BRUSH.least, max: BRUSH.most, value: this.size });
    size.dataset.name = "size";
    size.oninput = () => { this.size = Number(size.value); this.draw(); };
    label.append(size);
    this.tools.setAttribute("aria-label", words.tools);
    this.tools.replaceChildren(
      ...tools.map((name) => this.button(name, () => { this.tool = name; this.cancel(); this.drawTools(); }, name === this.tool)),
      label,
      this.button("undo", () => this.undo()),
      this.button("clear", () => this.clear()),
    );
    if (at) this.tools.querySelector(`[data-name=${at}]`)?.focus();
  }

  button(name, act, pressed) {
    const button = made("button", this.data.words[name]);
    button.type = "button";
    button.dataset.name = name;
    if (pressed !== undefined) button.setAttribute("aria-pressed", pressed);
    else button.disabled = !this.shapes.length && !(name === "clear" && this.data.covered);
    button.onclick = act;
    return button;
  }
}

export default function (component) {
  const root = component.parentElement;
  let board = KEPT.get(root);
  if (!board || board.canvas !== root.querySelector(".paint")) {
    board = new Board(root);
    KEPT.set(root, board);
  }
  board.update(component);
}
