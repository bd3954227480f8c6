// A face whose regions are marked by tapping, or with the buttons of their names. All text comes from the server; it
// returns the names of the marked regions.

const COLOUR = [255, 196, 0, 150]; // of a marked region, RGBA

function painted(places, on) {
  const side = places.length, pixels = new ImageData(side, side);
  places.flat().forEach((place, index) => {
    if (on.has(place)) pixels.data.set(COLOUR, 4 * index);
  });
  return pixels;
}

export default function ({ data, parentElement, setStateValue }) {
  const [frame, image, canvas, names] =
    [".frame", "img", "canvas", ".names"].map((name) => parentElement.querySelector(name));
  const chosen = new Set(data.chosen), { places, regions } = data, side = places.length;
  const buttons = regions.map(({ title }, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    button.onclick = () => toggle(index);
    return button;
  });

  function draw() {
    const on = new Set(regions.flatMap(({ name }, index) => (chosen.has(name) ? [index] : [])));
    canvas.getContext("2d").putImageData(painted(places, on), 0, 0);
    buttons.forEach((button, index) => button.setAttribute("aria-pressed", on.has(index)));
  }

  function toggle(index) {
    const { name } = regions[index];
    if (!chosen.delete(name)) chosen.add(name);
    draw();
    setStateValue("regions", [...chosen]);
  }

  const held = [...names.children].indexOf(names.getRootNode().activeElement);
  canvas.width = canvas.height = side;
  image.src = data.src;
  image.alt = data.alt;
  names.setAttribute("aria-label", data.label);
  names.replaceChildren(...buttons);
  buttons[held]?.focus();
  frame.onclick = (event) => {
    const box = frame.getBoundingClientRect();
    const at = (offset, length) => Math.min(side - 1, Math.max(0, Math.floor((offset / length) * side)));
    toggle(places[at(event.clientY - box.top, box.height)][at(event.clientX - box.left, box.width)]);
  };
  draw();
}
