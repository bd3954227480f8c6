// Scrolls the page to its top when the step changes; in a room, the keys of a presenter's remote press the buttons.

const KEPT = (globalThis.maskEvidenceSteps ??= {}); // the step shown last and the listener, across reruns
const PAGES = { PageUp: "back", PageDown: "next" };
const ARROWS = { ArrowLeft: "back", ArrowRight: "next" };
const TYPED = "input:not([type=checkbox]):not([type=button]), textarea, select, [contenteditable=true]";
const STEERED = `${TYPED}, [role=radiogroup], [role=application], [role=slider], [role=listbox], [role=combobox]`;

function button(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return null;
  const [name, busy] = PAGES[event.key] ? [PAGES[event.key], TYPED] : [ARROWS[event.key], STEERED];
  const from = event.composedPath()[0];
  if (!name || (from instanceof Element && from.closest(busy))) return null;
  return document.querySelector(`.st-key-${name} button:not(:disabled)`);
}

export default function ({ data }) {
  if (KEPT.step !== undefined && KEPT.step !== data.step) {
    document.querySelector("[data-testid=stMain]")?.scrollTo({ top: 0, behavior: "instant" });
  }
  KEPT.step = data.step;
  document.removeEventListener("keydown", KEPT.press, true);
  KEPT.press = (event) => {
    const pressed = button(event);
    if (!pressed) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) pressed.click();
  };
  if (data.keys) document.addEventListener("keydown", KEPT.press, true);
  return () => document.removeEventListener("keydown", KEPT.press, true);
}
