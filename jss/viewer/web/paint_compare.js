// Several systems at once: their events under the truth, class by class; their similarity; the sources
// of one minus those of another.

import { scoreY } from "./layout.js";
import { barOf, paintOutcome } from "./paint_events.js";
import { haloText } from "./paint_scores.js";
import { differenceTable } from "./theme.js";

/** Decibels at which the difference of two spectrograms has its full colour. */
export const FULL_DB = 30;
/** Heights in pixels: the lane of the truth, of each system, of their bars, and between classes. */
const TRUTH_LANE = 15;
const SYSTEM_LANE = 11;
const [TRUTH_BAR, SYSTEM_BAR] = [9, 8];
const GAP = 4;
const DASHES = [[6, 3], [2, 2], [8, 3, 2, 3], [4, 4]];
/** Canvases of differences that are kept. */
const CACHED = 64;

const classHeight = (systems) => TRUTH_LANE + systems * SYSTEM_LANE + GAP;

/** Height of the panel of all events, in pixels. */
export function systemEventsHeight(state) {
  return 8 + classHeight(state.compared.length) * state.sharedClasses.length;
}

/** Where each class and, below its truth, each system lies: [{k, y, lanes: [{system, y}]}]. */
function classLanes(state, panel) {
  const height = classHeight(state.compared.length);
  return state.sharedClasses.map((k, i) => {
    const y = panel.y + GAP + i * height;
    const lanes = state.compared.map((system, n) =>
      ({ system, y: y + TRUTH_LANE - 1 + n * SYSTEM_LANE }));
    return { k, y, lanes };
  });
}

export function paintSystemEvents(c, scene, panel, axis) {
  const { state, theme } = scene;
  const { focus, meta } = state;
  const rows = classLanes(state, panel);
  rows.forEach(({ k, y, lanes }, i) => {
    const colour = meta.classes[k][theme.name];
    const ofClass = (events) => events.filter((event) => event.k === k);
    if (i) {
      c.fillStyle = theme.line;
      c.fillRect(panel.x, Math.round(y) - 2, panel.w, 1);
    }
    c.globalAlpha = focus && meta.classes[k].label !== focus ? 0.25 : 1;
    c.fillStyle = colour;
    for (const event of ofClass(state.truth ?? [])) {
      c.fillRect(...barOf(panel, axis, event, y + 2, TRUTH_BAR));
    }
    for (const { system, y: top } of lanes) {
      if (system.name === meta.system) {
        c.fillStyle = theme.grid;
        c.fillRect(panel.x, top - 1.5, panel.w, SYSTEM_BAR + 3);
      }
      c.fillStyle = colour;
      for (const span of ofClass(system.spans ?? system.events)) {
        const bar = barOf(panel, axis, span, top, SYSTEM_BAR);
        if (span.kind) paintOutcome(c, theme, span.kind, bar);
        else c.fillRect(...bar);
      }
    }
    c.globalAlpha = 1;
  });
  if (!rows.length) note(c, scene, panel, "no event in any system");
}

/** Beside the events: the class, and the number of each system. */
export function paintSystemNumbers(c, scene, panel) {
  const { layout, state, theme } = scene;
  c.textAlign = "right";
  c.textBaseline = "middle";
  for (const { k, y, lanes } of classLanes(state, panel)) {
    c.font = `${layout.type}px ${theme.font}`;
    c.fillStyle = theme.ink;
    c.fillText(state.meta.classes[k].short, panel.x - 6, y + 6.5, layout.wide ? 58 : 38);
    for (const { system, y: top } of lanes) {
      const displayed = system.name === state.meta.system;
      c.font = `${displayed ? 700 : 400} 9px ${theme.font}`;
      c.fillStyle = displayed ? theme.ink : theme.soft;
      c.fillText(String(system.number), panel.x - 6, top + SYSTEM_BAR / 2 + 0.5);
    }
  }
}

/** Eq. 30 over time, a line for each system with its number; that of the system displayed is thick. */
export function paintSystemSimilarity(c, scene, panel, axis) {
  const { layout, state, theme } = scene;
  const { meta, view } = state;
  const isDisplayed = ({ name }) => name === meta.system;
  const lines = state.compared.filter(({ result }) => result.picture.similarity)
    .sort((a, b) => isDisplayed(a) - isDisplayed(b));
  const first = Math.max(0, Math.floor(view.start / meta.score_hop) - 1);
  const end = Math.min(meta.frames, Math.ceil(view.end / meta.score_hop) + 1);
  const x = (i) => axis.x(panel.x, (i + 0.5) * meta.score_hop);
  lines.forEach((line, n) => {
    const { number, result: { picture: { similarity } } } = line;
    const displayed = isDisplayed(line);
    const y = (i) => scoreY(panel, similarity[i] / 255);
    c.beginPath();
    for (let i = first; i < end; i++) c.lineTo(x(i), y(i));
    c.strokeStyle = displayed ? theme.ink : theme.soft;
    c.lineWidth = displayed ? 2 : 1;
    c.setLineDash(displayed ? [] : DASHES[number % DASHES.length]);
    c.stroke();
    c.setLineDash([]);
    const share = first + ((end - first) * (n + 0.5)) / lines.length;
    const at = Math.min(end - 1, Math.max(first, Math.round(share)));
    c.font = `${displayed ? 700 : 400} ${layout.type}px ${theme.font}`;
    c.textAlign = "center";
    c.textBaseline = "middle";
    haloText(c, theme, String(number), x(at), y(at), displayed ? theme.ink : theme.soft);
  });
  if (!lines.length) note(c, scene, panel, "no system here separates sources");
}

/** The system to subtract, as {other: its result}, or {why: the sentence that says why there is none}. */
export function subtrahend(state, m) {
  const { meta, picture, compare: { against } } = state;
  const other = state.compared.find(({ name }) => name === against)?.result;
  if (!picture.sources[m]) return { why: `${meta.system}: no separation stage` };
  if (against === meta.system) return { why: `${against} is what the difference is taken from` };
  if (!other) return { why: `${against} is loading` };
  if (!other.picture.sources[m]) return { why: `${against}: no separation stage` };
  return { other };
}

/** Source m of the system displayed minus that of another, in dB, on the axes of the spectrograms. */
export function paintDifference(c, scene, panel, axis) {
  const { layout, state, theme } = scene;
  const { meta, picture, compare: { against } } = state;
  const { other, why } = subtrahend(state, panel.of);
  if (why) {
    note(c, scene, panel, why);
    return;
  }
  const hop = meta.mel_hop;
  let column = 0;
  let equal = true;
  picture.sources[panel.of].forEach((tile, i) => {
    const from = axis.x(panel.x, (column - 0.5) * hop);
    const to = axis.x(panel.x, (column + tile.width - 0.5) * hop);
    const image = difference(scene, tile, other.picture.sources[panel.of][i]);
    column += tile.width;
    equal &&= image.equal;
    c.drawImage(image.canvas, from, panel.y, to - from, panel.h);
  });
  if (equal) {
    note(c, scene, panel, `${meta.system} and ${against} share the separator: the source is the same`);
    return;
  }
  c.font = `${layout.type}px ${theme.font}`;
  c.textAlign = "left";
  c.textBaseline = "middle";
  haloText(c, theme, `${meta.system} minus ${against}`, panel.x + 6, panel.y + panel.h - 9, theme.soft);
}

const cache = new Map(); // tile -> other tile -> {theme, canvas, equal}

function difference(scene, a, b) {
  const theme = scene.theme.name;
  const known = cache.get(a)?.get(b);
  if (known?.theme === theme) return known;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [a.width, a.height];
  const image = new ImageData(a.width, a.height);
  const out = new Uint32Array(image.data.buffer);
  const table = differenceTable(scene.theme, scene.state.meta.stored_db, FULL_DB);
  let equal = true;
  for (let i = 0; i < out.length; i++) {
    equal &&= a.levels[i] === b.levels[i];
    out[i] = table[255 + a.levels[i] - b.levels[i]];
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  if (!cache.has(a)) cache.set(a, new Map());
  cache.get(a).set(b, { theme, canvas, equal });
  while (cache.size > CACHED) cache.delete(cache.keys().next().value);
  return { theme, canvas, equal };
}

/** What is drawn in a panel: that of its system, where it has one; null while that has no result. */
export function sceneOf(scene, panel) {
  if (!panel.system) return scene;
  const one = scene.state.compared.find(({ name }) => name === panel.system);
  return one ? { ...scene, state: one.state } : null;
}

/** In the column of a system without sources: why there are none. */
export function paintNoSources(c, scene, panel) {
  note(c, scene, { ...panel, h: Math.min(panel.h, 110) }, `${scene.state.meta.system}: no separation stage. `
    + "It analyses the mixture itself, so its only scores are those above.");
}

/** In the column of a system without a result: why there is none. */
export function paintMissing(c, scene, panel) {
  if (panel.kind !== "pooled") return;
  note(c, scene, panel, scene.state.systems.find(({ name }) => name === panel.system)?.missing ?? "");
}

/** A sentence where there is nothing to draw, in as many lines as it needs. */
export function note(c, scene, panel, text) {
  const { layout: { type }, theme } = scene;
  c.font = `${type}px ${theme.font}`;
  c.textAlign = "left";
  c.textBaseline = "middle";
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length && c.measureText(longer).width <= panel.w - 16) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const middle = panel.y + panel.h / 2 - ((lines.length - 1) * (type + 3)) / 2;
  lines.forEach((line, i) => haloText(c, theme, line, panel.x + 8, middle + i * (type + 3), theme.soft));
}
