// A box on a photo, moved and resized by mouse, touch or numbers. All text comes from the server; it returns the box
// as [left, top, width, height] in photo pixels when the visitor confirms it, or that it was left as it was.

const SIDES = ["left", "top", "width", "height"];
const CORNERS = [[0, 0], [1, 0], [0, 1], [1, 1]]; // shares of width and height
const KEPT = new WeakMap(); // element of the page -> its canvas

const between = (value, low, high) => Math.min(high, Math.max(low, Math.round(value)));

function made(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

class Canvas {
  constructor(root) {
    [this.frame, this.photo, this.box, this.hint, this.sides, this.acts] = [
      ".frame", ".photo", ".box", ".hint", ".sides", ".acts",
    ].map((name) => root.querySelector(name));
    this.corners = CORNERS.map(([x, y]) => {
      const handle = made("i", undefined, { style: `left:${100 * x}%; top:${100 * y}%` });
      handle.style.cursor = x === y ? "nwse-resize" : "nesw-resize";
      this.box.append(handle);
      return handle;
    });
    const on = (name, act) => this.frame.addEventListener(name, act);
    on("pointerdown", (event) => this.grasp(event));
    on("pointermove", (event) => this.drag && this.place(this.drag(this.at(event))));
    for (const name of ["pointerup", "pointercancel"]) on(name, () => { this.drag = null; });
  }

  // A rerun of the page keeps the visitor's edit; another box resets it.
  update({ data, setTriggerValue }) {
    const other = this.data?.id !== data.id;
    Object.assign(this, { data, setTriggerValue });
    this.photo.src = data.src;
    this.photo.alt = data.alt;
    this.hint.textContent = data.words.hint;
    this.sides.setAttribute("aria-label", data.words.sides);
    if (other || !this.fields) this.drawFields();
    if (other) this.place(data.box);
  }

  drawFields() {
    const { words, box, width, height, least } = this.data;
    this.fields = SIDES.map((name, index) => {
      const high = index % 2 ? height : width;
      const field = made("input", undefined, { type: "number", step: 1, min: index < 2 ? 0 : least, max: high });
      field.value = box[index];
      field.onchange = () => this.typed(index);
      return field;
    });
    this.sides.replaceChildren(...this.fields.map((field, index) => {
      const label = made("label", words[SIDES[index]]);
      label.append(field);
      return label;
    }));
    const use = made("button", words.use, { type: "button", class: "use" });
    use.onclick = () => this.setTriggerValue("box", this.values);
    const leave = made("button", words.leave, { type: "button" });
    leave.onclick = () => this.setTriggerValue("leave", true);
    this.acts.replaceChildren(use, leave);
  }

  // A typed number moves only its own side; the box stays on the photo.
  typed(index) {
    const values = [...this.values];
    values[index] = Number(this.fields[index].value) || 0;
    this.place(values);
  }

  at(event) {
    const frame = this.photo.getBoundingClientRect(), { width, height } = this.data;
    return [(event.clientX - frame.left) * (width / frame.width), (event.clientY - frame.top) * (height / frame.height)];
  }

  // What dragging from here does: resize by a corner, move, or draw a new box.
  grasp(event) {
    if (event.button) return;
    event.preventDefault();
    this.frame.setPointerCapture(event.pointerId);
    const from = this.at(event), [left, top, width, height] = this.values;
    const corner = CORNERS[this.corners.indexOf(event.target)];
    if (event.target === this.box) {
      this.drag = ([x, y]) => [left + x - from[0], top + y - from[1], width, height];
      return;
    }
    const fixed = corner ? [corner[0] ? left : left + width, corner[1] ? top : top + height] : from;
    const grip = corner ? [left + corner[0] * width - from[0], top + corner[1] * height - from[1]] : [0, 0];
    this.drag = (at) => {
      const [x, y] = at.map((value, axis) => value + grip[axis]);
      return [Math.min(x, fixed[0]), Math.min(y, fixed[1]), Math.abs(x - fixed[0]), Math.abs(y - fixed[1])];
    };
  }

  place([left, top, width, height]) {
    const { width: across, height: down, least } = this.data;
    const size = [between(width, least, across), between(height, least, down)];
    this.values = [between(left, 0, across - size[0]), between(top, 0, down - size[1]), ...size];
    const shares = this.values.map((value, index) => `${(100 * value) / (index % 2 ? down : across)}%`);
    SIDES.forEach((name, index) => { this.box.style[name] = shares[index]; });
    this.fields.forEach((field, index) => { field.value = this.values[index]; });
  }
}

export default function (component) {
  const root = component.parentElement;
  let canvas = KEPT.get(root);
  if (!canvas || canvas.box !== root.querySelector(".box")) {
    canvas = new Canvas(root);
    KEPT.set(root, canvas);
  }
  canvas.update(component);
}
