// Where the names of curves go: near their peaks, beside all curves, inside the panel.

/** Frames of a peak's run score at least this share of the peak. */
const RUN = 0.75;
const PADDING = 2;
/** A frame in which a curve crosses a name weighs as much as so many pixels away from the peak. */
const CROSSING = 10;

/**
 * Places for names.
 *
 * curves: [{text, width, values, y}], values by frame and y: frame -> pixels, most important first;
 * x: frame -> pixels; frames: [first, end) that are visible; box: {left, right, top, bottom} that names
 * stay in; obstacles: rectangles [{left, right, top, bottom}] that they avoid; height: of a name.
 * -> [{curve, left, y}], y being the middle of the name; a curve that has no peak in sight has none.
 */
export function placeLabels(curves, { x, frames, box, obstacles, height }) {
  const taken = [...obstacles];
  const placed = [];
  for (const curve of curves) {
    let best = null;
    const [, above] = candidates(curve, x, frames, box, height).next().value;
    for (const [left, y] of candidates(curve, x, frames, box, height)) {
      const area = { left, right: left + curve.width, top: y - height / 2, bottom: y + height / 2 };
      if (!within(area, box) || taken.some((other) => overlap(area, other))) continue;
      const crossed = curves.reduce((sum, { y: yOf }) => sum + crossings(yOf, x, frames, area), 0);
      const cost = CROSSING * crossed + Math.abs(y - above);
      if (!best || cost < best.cost) best = { left, y, area, cost };
      if (!cost) break;
    }
    if (!best) continue;
    taken.push(best.area);
    placed.push({ curve, left: best.left, y: best.y });
  }
  return placed;
}

/** Places for the name of a curve, the best first: above its peak, beside its run, further away. */
function* candidates({ values, width, y }, x, [first, end], box, height) {
  let peak = first;
  for (let i = first; i < end; i++) if (values[i] > values[peak]) peak = i;
  let [from, to] = [peak, peak];
  while (from > first && values[from - 1] >= RUN * values[peak]) from -= 1;
  while (to < end - 1 && values[to + 1] >= RUN * values[peak]) to += 1;
  const clamp = (left) => Math.min(box.right - width, Math.max(box.left, left));
  const above = y(peak) - height / 2 - PADDING;
  const centres = [peak, Math.round((from + to) / 2), from, to].map((i) => clamp(x(i) - width / 2));
  const sides = [x(to) + 6, x(from) - width - 6].map(clamp);
  for (const left of centres) yield [left, above];
  for (const below of [0, 1, 2]) for (const left of sides) yield [left, y(peak) + height * (below + 0.5)];
  for (let top = box.top + height / 2; top <= box.bottom - height / 2; top += height / 2) {
    for (const left of [...centres, ...sides]) yield [left, top];
  }
}

const within = (area, box) => area.left >= box.left && area.right <= box.right
  && area.top >= box.top && area.bottom <= box.bottom;

const overlap = (a, b) => a.left < b.right + PADDING && b.left < a.right + PADDING
  && a.top < b.bottom && b.top < a.bottom;

/** Number of frames in which a curve runs through an area. */
function crossings(y, x, [first, end], area) {
  const perFrame = x(first + 1) - x(first);
  const from = Math.max(first, Math.floor(first + (area.left - x(first)) / perFrame));
  const to = Math.min(end - 1, Math.ceil(first + (area.right - x(first)) / perFrame));
  let count = 0;
  for (let i = from; i < to; i++) {
    const [low, high] = [Math.min(y(i), y(i + 1)), Math.max(y(i), y(i + 1))];
    count += high > area.top - 1 && low < area.bottom + 1;
  }
  return count;
}
