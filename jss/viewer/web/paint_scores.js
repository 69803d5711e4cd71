// Score curves with names on them, the attribution strip, and the similarity of the sources over time.

import { medianAt } from "./decode.js";
import { placeLabels } from "./labels.js";
import { scoreY } from "./layout.js";
import { sourceShade } from "./theme.js";

/** Text with a rim of paper, legible on anything. */
export function haloText(c, theme, text, x, y, colour) {
  c.lineWidth = 3;
  c.lineJoin = "round";
  c.strokeStyle = theme.paper;
  c.strokeText(text, x, y);
  c.fillStyle = colour;
  c.fillText(text, x, y);
}

/** Visible score frames -> [first, end). */
function visibleFrames({ meta: { frames, score_hop: hop }, view }) {
  return [Math.max(0, Math.floor(view.start / hop) - 1), Math.min(frames, Math.ceil(view.end / hop) + 1)];
}

/**
 * One curve for each class. Frame i is centred on (i + 0.5) * hop, and drawn as a step when zoomed in.
 * row: class -> its scores; full: the value of a score of 1.
 */
export function paintCurves(c, scene, panel, axis, row, full) {
  const { state, theme } = scene;
  const { focus, meta } = state;
  const hop = meta.score_hop;
  const [from, to] = visibleFrames(state);
  const step = axis.perSecond * hop > 14;
  const named = [];
  const order = meta.classes.map((_, k) => k).filter((k) => k < meta.n_scored && state.isVisible(k));
  order.sort((a, b) => (meta.classes[a].label === focus) - (meta.classes[b].label === focus));
  for (const k of order) {
    const kind = meta.classes[k];
    const values = row(k);
    let best = from;
    c.beginPath();
    for (let i = from; i < to; i++) {
      if (values[i] > values[best]) best = i;
      const y = scoreY(panel, values[i] / full);
      const x = axis.x(panel.x, (i + (step ? 0 : 0.5)) * hop);
      if (i === from) c.moveTo(x, y);
      else c.lineTo(x, y);
      if (step) c.lineTo(axis.x(panel.x, (i + 1) * hop), y);
    }
    const focused = kind.label === focus;
    c.globalAlpha = focus && !focused ? 0.18 : 1;
    c.setLineDash(kind.dash);
    c.strokeStyle = kind[theme.name];
    c.lineWidth = focused ? 2.4 : 1.6;
    c.lineJoin = "round";
    c.stroke();
    c.setLineDash([]);
    if (values[best] / full > 0.25) named.push({ kind, values, score: values[best] / full });
    c.globalAlpha = 1;
  }
  nameCurves(c, scene, panel, axis, named, full);
}

/** Scores after the median filter, where it removes an event. row: as of paintCurves. */
export function paintFiltered(c, scene, panel, axis, row) {
  const { state, theme } = scene;
  const { classes, frames, score_hop: hop } = state.meta;
  for (const { k, onset, offset } of state.removed) {
    const median = state.medianOf(k);
    const first = Math.max(0, Math.round(onset / hop) - median);
    const end = Math.min(frames, Math.round(offset / hop) + median);
    c.beginPath();
    for (let i = first; i < end; i++) {
      c.lineTo(axis.x(panel.x, (i + 0.5) * hop), scoreY(panel, medianAt(row(k), i, median)));
    }
    c.setLineDash([]);
    c.strokeStyle = classes[k][theme.name];
    c.lineWidth = 3;
    c.globalAlpha = 0.45;
    c.stroke();
    c.globalAlpha = 1;
  }
}

/** The name of each curve, clear of all curves and of the threshold's tag. named: of visible classes. */
function nameCurves(c, scene, panel, axis, named, full) {
  const { layout, state, textColours, theme } = scene;
  const hop = state.meta.score_hop;
  c.font = `600 ${layout.type}px ${theme.font}`;
  c.textAlign = "left";
  c.textBaseline = "middle";
  const curves = named.sort((a, b) => b.score - a.score).map(({ kind, values }) => ({
    kind, values, width: c.measureText(kind.short).width, y: (i) => scoreY(panel, values[i] / full) }));
  const threshold = scoreY(panel, state.line);
  const tag = { left: panel.x + panel.w - 4 * layout.type, right: panel.x + panel.w,
    top: threshold - 9, bottom: threshold + 9 };
  const places = placeLabels(curves, {
    x: (i) => axis.x(panel.x, (i + 0.5) * hop),
    frames: visibleFrames(state),
    box: { left: panel.x + 4, right: panel.x + panel.w - 4, top: panel.y + 2, bottom: scoreY(panel, 0) - 3 },
    obstacles: panel.kind === "pooled" ? [tag] : [],
    height: layout.type + 1,
  });
  for (const { curve: { kind }, left, y } of places) {
    c.globalAlpha = state.focus && kind.label !== state.focus ? 0.18 : 1;
    haloText(c, theme, kind.short, left, y, textColours[kind.label]);
    c.globalAlpha = 1;
  }
}

/**
 * The class with the highest pooled score in a frame, and the source that it comes from (Eq. 28):
 * {k, source, score}, or null where all classes are hidden.
 */
export function attribution(state, frame) {
  const { focus, meta, picture: { pooled, winners } } = state;
  let best = -1;
  for (let k = 0; k < meta.n_scored; k++) {
    if (!state.isVisible(k) || (focus && meta.classes[k].label !== focus)) continue;
    if (best < 0 || pooled[k][frame] > pooled[best][frame]) best = k;
  }
  return best < 0 ? null : { k: best, source: winners[best][frame], score: pooled[best][frame] };
}

/** The source of each frame, faint where the score is low, with a number on each long run. */
export function paintAttribution(c, scene, panel, axis) {
  const { layout, state, theme } = scene;
  const { meta } = state;
  const [from, to] = visibleFrames(state);
  const y = panel.y + panel.h - panel.strip;
  const shade = (source) => sourceShade(source, meta.sources, theme.dark);
  c.font = `600 ${layout.type - 2}px ${theme.font}`;
  c.textAlign = "center";
  c.textBaseline = "middle";
  let run = null;
  const paintNumber = () => {
    if (!run || run.end - run.x < 14 || run.sum / run.count < 0.3) return;
    const [left, right] = [Math.max(run.x, panel.x), Math.min(run.end, panel.x + panel.w)];
    c.fillStyle = shade(run.source).darkText ? "#10161d" : "#ffffff";
    c.fillText(String(run.source + 1), (left + right) / 2, y + panel.strip / 2 + 0.5);
  };
  for (let i = from; i < to; i++) {
    const won = attribution(state, i);
    if (!won) continue;
    const { source, score } = won;
    const [x, end] = [i, i + 1].map((frame) => axis.x(panel.x, frame * meta.score_hop));
    c.globalAlpha = Math.min(1, Math.max(0.06, score * 1.6));
    c.fillStyle = shade(source).fill;
    c.fillRect(x, y, end - x + 0.3, panel.strip);
    c.globalAlpha = 1;
    if (run?.source !== source) {
      paintNumber();
      run = { source, x, count: 0, sum: 0 };
    }
    Object.assign(run, { end, count: run.count + 1, sum: run.sum + score });
  }
  paintNumber();
}

/** Mean cosine similarity of the sources' score vectors, frame by frame (Eq. 30). */
export function paintSimilarity(c, scene, panel, axis) {
  const { layout, state, theme } = scene;
  const { meta, picture: { similarity } } = state;
  if (!similarity) return;
  const [from, to] = visibleFrames(state);
  const x = (i) => axis.x(panel.x, (i + 0.5) * meta.score_hop);
  const trace = () => {
    for (let i = from; i < to; i++) {
      c.lineTo(x(i), panel.y + 3 + (1 - similarity[i] / 255) * (panel.h - 6));
    }
  };
  c.beginPath();
  c.moveTo(x(from), panel.y + panel.h);
  trace();
  c.lineTo(x(to - 1), panel.y + panel.h);
  c.fillStyle = theme.grid;
  c.fill();
  c.beginPath();
  trace();
  c.strokeStyle = theme.soft;
  c.lineWidth = 1.2;
  c.stroke();
  c.font = `${layout.type}px ${theme.font}`;
  c.textAlign = "left";
  c.textBaseline = "middle";
  const { mean } = meta.similarity;
  const name = layout.byColumn ? "mean" : "similarity of sources, mean"; // the row has the name
  const y = layout.byColumn && mean < 0.5 ? panel.y + 9 : panel.y + panel.h - 9; // away from the curve
  haloText(c, theme, `${name} ${mean.toFixed(2)}`, panel.x + 6, y, theme.soft);
}
