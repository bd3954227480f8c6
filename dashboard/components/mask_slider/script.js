// A mask with a handle: dragged, or moved by arrow keys. All pictures and answers are here; nothing is sent.

const KEPT = new WeakMap(); // element of the page -> its slider
const FAR = 4; // steps of Page Up and Page Down

class Slider {
  constructor(root) {
    [this.frame, this.face, this.handle, this.height, this.answers, this.hint] =
      [".frame", ".face", ".handle", ".height", ".answers", ".hint"].map((name) => root.querySelector(name));
    this.frame.addEventListener("pointerdown", (event) => this.grab(event));
    this.frame.addEventListener("click", (event) => this.follow(event));
    this.frame.addEventListener("pointermove", (event) => this.held === event.pointerId && this.follow(event));
    for (const name of ["pointerup", "pointercancel"]) this.frame.addEventListener(name, () => { this.held = null; });
    this.handle.addEventListener("keydown", (event) => this.key(event));
  }

  // A new face or other models begin anew; the same ones keep the height.
  update({ data }) {
    const start = data.name !== this.data?.name ? data.start : this.at;
    this.data = data;
    this.hint.textContent = data.hint;
    this.handle.setAttribute("aria-label", data.label);
    this.show(start);
  }

  // A finger beside the handle may be scrolling the page: only its tap counts.
  grab(event) {
    if (event.button || (event.pointerType === "touch" && !this.handle.contains(event.target))) return;
    event.preventDefault();
    this.held = event.pointerId;
    this.frame.setPointerCapture(event.pointerId);
    this.handle.focus({ focusVisible: false, preventScroll: true });
    this.follow(event);
  }

  follow(event) {
    const box = this.frame.getBoundingClientRect(), place = (event.clientY - box.top) / box.height;
    const away = (step) => Math.abs(step.edge - place);
    this.show(this.data.steps.reduce((best, step, at) => (away(step) < away(this.data.steps[best]) ? at : best), 0));
  }

  key(event) {
    const last = this.data.steps.length - 1;
    const to = { ArrowUp: this.at - 1, ArrowRight: this.at - 1, ArrowDown: this.at + 1, ArrowLeft: this.at + 1,
      PageUp: this.at - FAR, PageDown: this.at + FAR, Home: last, End: 0 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.show(Math.min(last, Math.max(0, to)));
  }

  show(at) {
    this.at = at;
    const step = this.data.steps[at];
    this.face.src = step.src;
    this.face.alt = step.alt;
    this.handle.style.top = `${100 * step.edge}%`;
    this.height.textContent = step.written;
    this.handle.setAttribute("aria-valuenow", Math.round(100 * step.height));
    this.handle.setAttribute("aria-valuetext", step.alt);
    drawAnswers(this.answers, this.data.answers.map((answer, model) => ({ ...answer, bars: step.bars[model] })),
      this.data.mark);
  }
}

export default function (component) {
  const root = component.parentElement;
  let slider = KEPT.get(root);
  if (!slider || slider.handle !== root.querySelector(".handle")) {
    slider = new Slider(root);
    KEPT.set(root, slider);
  }
  slider.update(component);
}
