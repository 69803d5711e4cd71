// Several systems at once: their events under the truth, class by class; their similarity; the sources
// of one minus those of another.

import { bandRows, scoreY } from "./layout.js";
import { barOf, paintOutcome } from "./paint_events.js";
import { haloText } from "./paint_scores.js";
import { differenceTable } from "./theme.js";

/** Decibels at which a difference of two spectrograms may have its full colour. */
const SCALES_DB = [1, 2, 3, 6, 10, 15, 20, 30, 40, 60];
/** This share of a difference, where either spectrogram is visible, lies within its scale. */
const WITHIN = 0.99;
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

/** The event under a point of the panel of all events: {onset, offset, system or undefined}, or null. */
export function systemEventAt(state, panel, time, y) {
  const lane = classLanes(state, panel).find((one) =>
    y >= one.y && y < one.y + classHeight(state.compared.length));
  if (!lane) return null;
  const of = lane.lanes.find((one) => y >= one.y - 1.5 && y < one.y + SYSTEM_LANE - 1.5);
  const events = of ? of.system.events : y < lane.y + TRUTH_LANE ? state.truth ?? [] : [];
  const event = events.find(({ k, onset, offset }) => k === lane.k && onset <= time && time < offset);
  return event ? { ...event, system: of?.system.name } : null;
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
    const image = difference(scene, tile, other.picture.sources[panel.of][i], scene.differenceDb);
    column += tile.width;
    equal &&= image.equal;
    drawTile(c, state, image.canvas, from, panel.y, to - from, panel.h);
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

/** Draw a canvas with all rows of a spectrogram: those of the band that is visible. */
export function drawTile(c, { band, meta }, canvas, x, y, w, h) {
  const { from, to } = bandRows(band, meta.mels);
  const rows = canvas.height / meta.mels;
  c.drawImage(canvas, 0, (meta.mels - to) * rows, canvas.width, (to - from) * rows, x, y, w, h);
}

const histograms = new WeakMap(); // tile -> other tile -> counts

/** How many pixels of two tiles differ by 1 to 255 levels, where either is above a floor: [256 counts]. */
function differences(a, b, floor) {
  if (!histograms.has(a)) histograms.set(a, new WeakMap());
  const known = histograms.get(a);
  if (!known.has(b)) {
    const counts = new Float64Array(256);
    for (let i = 0; i < a.levels.length; i++) {
      const [one, other] = [a.levels[i], b.levels[i]];
      if (one !== other && Math.max(one, other) > floor) counts[Math.abs(one - other)] += 1;
    }
    known.set(b, counts);
  }
  return known.get(b);
}

/**
 * Decibels at which differences have their full colour, one scale for all systems compared: the least
 * round number that nearly all of their differences stay within.
 */
export function differenceScale({ compared, compare, meta }) {
  const [low, high] = meta.stored_db;
  const floor = ((meta.shown_db[0] - low) / (high - low)) * 255;
  const other = compared.find(({ name }) => name === compare.against)?.result.picture.sources;
  const counts = new Float64Array(256);
  for (const { result: { picture: { sources } } } of other ? compared : []) {
    sources.forEach((tiles, m) => tiles.forEach((tile, i) => {
      const minus = other[m]?.[i];
      if (minus?.levels.length !== tile.levels.length) return;
      differences(tile, minus, floor).forEach((count, step) => { counts[step] += count; });
    }));
  }
  const all = counts.reduce((sum, count) => sum + count, 0);
  let [step, within] = [0, 0];
  while (all && within < WITHIN * all) within += counts[step += 1];
  const largest = (step / 255) * (high - low);
  return SCALES_DB.find((scale) => scale >= largest) ?? SCALES_DB.at(-1);
}

const cache = new Map(); // tile -> other tile -> {look, canvas, equal}

function difference(scene, a, b, full) {
  const look = `${scene.theme.name} ${full}`;
  const known = cache.get(a)?.get(b);
  if (known?.look === look) return known;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [a.width, a.height];
  const image = new ImageData(a.width, a.height);
  const out = new Uint32Array(image.data.buffer);
  const table = differenceTable(scene.theme, scene.state.meta.stored_db, full);
  let equal = true;
  for (let i = 0; i < out.length; i++) {
    equal &&= a.levels[i] === b.levels[i];
    out[i] = table[255 + a.levels[i] - b.levels[i]];
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  if (!cache.has(a)) cache.set(a, new Map());
  cache.get(a).set(b, { look, canvas, equal });
  while (cache.size > CACHED) cache.delete(cache.keys().next().value);
  return { look, canvas, equal };
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

/** A sentence where there is nothing to draw, in as many lines as it needs and the panel has. */
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
  const room = Math.floor(panel.h / (type + 3));
  if (lines.length > room) lines.splice(room - 1, lines.length, `${lines[room - 1]} \u2026`);
  const middle = panel.y + panel.h / 2 - ((lines.length - 1) * (type + 3)) / 2;
  lines.forEach((line, i) => haloText(c, theme, line, panel.x + 8, middle + i * (type + 3), theme.soft));
}
