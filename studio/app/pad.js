// The circumplex pad: drag the dot, or move it with the arrow keys. Its value is
// {valence, arousal, stamp, read}; `read` is what the model predicts in the finished picture.
const svg = element.querySelector("svg");
const dot = svg.querySelector(".dot");
const ring = svg.querySelector(".ring");
const line = svg.querySelector(".miss");
const RADIUS = 100; // units of the drawing per 1 of valence and arousal
let mine = { valence: 0, arousal: 0, stamp: 0, read: null };
let dragging = false;

const clamp = (x) => Math.max(-1, Math.min(1, x));
const round = (x) => Math.round(clamp(x) * 100) / 100;

function draw() {
  const x = mine.valence * RADIUS, y = -mine.arousal * RADIUS;
  dot.setAttribute("transform", `translate(${x} ${y})`);
  const read = mine.read;
  ring.style.display = line.style.display = read ? "" : "none";
  if (!read) return;
  const rx = clamp(read[0]) * RADIUS, ry = -clamp(read[1]) * RADIUS;
  ring.setAttribute("transform", `translate(${rx} ${ry})`);
  for (const [name, value] of [["x1", x], ["y1", y], ["x2", rx], ["y2", ry]])
    line.setAttribute(name, value);
}

function ask(valence, arousal) {
  mine = { ...mine, valence: round(valence), arousal: round(arousal), stamp: mine.stamp + 1 };
  draw();
  props.value = mine;
  trigger("input");
}

function at(event) {
  const point = new DOMPoint(event.clientX, event.clientY);
  const inside = point.matrixTransform(svg.getScreenCTM().inverse());
  ask(inside.x / RADIUS, -inside.y / RADIUS);
}

svg.addEventListener("pointerdown", (event) => {
  dragging = true;
  svg.setPointerCapture(event.pointerId);
  svg.focus({ preventScroll: true });
  at(event);
  event.preventDefault();
});
svg.addEventListener("pointermove", (event) => dragging && at(event));
for (const end of ["pointerup", "pointercancel"])
  svg.addEventListener(end, () => (dragging = false));
svg.addEventListener("keydown", (event) => {
  const step = event.shiftKey ? 0.01 : 0.05;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step],
    ArrowDown: [0, -step], Home: [-mine.valence, -mine.arousal] };
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  ask(mine.valence + move[0], mine.arousal + move[1]);
});

watch("value", () => {
  const got = props.value;
  if (!got || got === mine) return;
  // an answer to an older place of the dot must not pull it back
  if (got.stamp < mine.stamp) props.value = mine = { ...mine, read: got.read };
  else mine = { ...got };
  draw();
});
mine = { ...mine, ...(props.value || {}) };
draw();
