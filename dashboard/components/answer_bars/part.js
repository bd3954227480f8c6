// The answers of one or two models as bars. Nodes are kept from one answer to the next, so that bars move.

function made(tag, text) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  return element;
}

// ``mark`` says what the mark on each bar is; none where nothing is to be compared.
function drawAnswers(place, answers, mark) {
  const shape = JSON.stringify(answers.map(({ model, bars }) => [model, bars.map(({ name }) => name)]));
  if (place.dataset.shape !== shape) {
    place.dataset.shape = shape;
    place.replaceChildren(...answers.map(emptyAnswer), made("p"));
    place.lastChild.className = "legend";
  }
  place.lastChild.textContent = mark;
  answers.forEach((answer, at) => fillAnswer(place.children[at], answer));
}

function emptyAnswer({ model, bars }) {
  const answer = made("section"), rows = made("div");
  answer.setAttribute("role", "group");
  answer.setAttribute("aria-label", model);
  rows.className = "bars";
  for (const { name, colour } of bars) {
    const track = made("div"), full = made("div"), mark = made("div");
    [track.className, full.className, mark.className] = ["track", "full", "mark"];
    full.style.background = colour;
    track.append(full, mark);
    rows.append(made("span", name), track, made("span"));
  }
  answer.append(made("strong", model), made("p"), rows);
  return answer;
}

function fillAnswer(answer, { sentence, flips, bars }) {
  const [, said, rows] = answer.children;
  said.textContent = sentence;
  said.classList.toggle("flips", flips);
  bars.forEach(({ part, before, written, said: chosen }, at) => {
    const [name, track, number] = [...rows.children].slice(3 * at, 3 * at + 3);
    track.children[0].style.width = `${100 * part}%`;
    track.children[1].style.left = `${100 * before}%`;
    number.textContent = written;
    for (const cell of [name, number]) cell.classList.toggle("said", chosen);
  });
}

