// What moves: playhead, cursor with the values under it, threshold line, marked span. Painted each frame.

import { hzText, hzToY, scoreY, timeAxis, yToHz } from "./layout.js";
import { sceneOf, subtrahend } from "./paint_compare.js";
import { lanes } from "./paint_events.js";
import { attribution, haloText } from "./paint_scores.js";

/** Panels whose values need more than one line: they are shown under the pointer only. */
const SEVERAL = ["events", "systemEvents", "systemSimilarity"];
const hasFrequency = (panel) => panel.kind === "mel" || panel.kind === "difference";
const decibels = (db) => `${Math.round(db) + 0} dB`.replace("-", "\u2212"); // + 0: no minus zero
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const share = (uint8) => (uint8 / 255).toFixed(2);

export function paintOverlay(c, scene) {
  const { layout, position, state } = scene;
  const { cursor, drag, looping, region, view } = state;
  c.clearRect(0, 0, layout.width, layout.height);
  const fillsView = region && region.start <= view.start && region.end >= view.end;
  for (const area of layout.areas) {
    if (region && !fillsView) paintSpan(c, scene, area, region, looping ? 0.1 : 0.04);
    if (drag) paintSpan(c, scene, area, drag, 0.2);
  }
  paintThreshold(c, scene);
  if (layout.byColumn) paintAudible(c, scene);
  if (position >= view.start && position <= view.end) paintPlayhead(c, scene);
  if (cursor) paintCursor(c, scene);
}

/** A frame around each panel whose sound is audible. */
function paintAudible(c, { audible, layout, state, theme }) {
  c.strokeStyle = theme.accent;
  c.lineWidth = 2;
  for (const panel of layout.panels) {
    if (!audible.has(panel.track) || (panel.system && panel.system !== state.meta.system)) continue;
    c.strokeRect(panel.x, panel.y, panel.w, panel.h);
  }
}

function paintPlayhead(c, { layout, position, state, theme }) {
  c.fillStyle = theme.accent;
  for (const { x: left, w, top, bottom } of layout.areas) {
    const x = Math.round(timeAxis(w, state.view).x(left, position));
    c.fillRect(x - 0.75, top, 1.5, bottom - top);
    c.beginPath();
    c.moveTo(x - 5, top - 4);
    c.lineTo(x + 5, top - 4);
    c.lineTo(x, top + 3);
    c.fill();
  }
}

function paintSpan(c, { state, theme }, { x: left, w, top, bottom }, { start, end }, alpha) {
  const axis = timeAxis(w, state.view);
  const x = (seconds) => clamp(axis.x(left, seconds), left, left + w);
  const [from, to] = [x(start), x(end)];
  c.globalAlpha = alpha;
  c.fillStyle = theme.accent;
  c.fillRect(from, top, to - from, bottom - top);
  c.globalAlpha = 0.7;
  c.fillRect(from, top, 1, bottom - top);
  c.fillRect(to - 1, top, 1, bottom - top);
  c.globalAlpha = 1;
}

/** On every panel of scores that are there; its value stands on the last of the pooled ones. */
function paintThreshold(c, { layout, state, theme }) {
  const panels = layout.panels.filter(({ kind, system }) => ["pooled", "scores"].includes(kind)
    && (!system || state.compared.some(({ name }) => name === system)));
  const tagged = panels.findLast(({ kind }) => kind === "pooled");
  for (const panel of panels) {
    const main = panel.kind === "pooled";
    const y = Math.round(scoreY(panel, state.line)) + 0.5;
    const line = (at, from) => {
      c.beginPath();
      c.moveTo(from, at);
      c.lineTo(panel.x + panel.w, at);
      c.stroke();
    };
    c.globalAlpha = main ? 0.9 : 0.45;
    c.lineWidth = main && state.overThreshold ? 2 : 1;
    c.setLineDash(main ? [5, 3] : [1, 3]);
    if (state.byClass) paintThresholdsOfClasses(c, panel, state, theme, line);
    else {
      c.strokeStyle = main ? theme.ink : theme.soft;
      line(y, panel.x);
    }
    c.setLineDash([]);
    c.globalAlpha = 1;
    if (panel !== tagged) continue;
    const text = state.thresholdText;
    c.font = `600 ${layout.type}px ${theme.font}`;
    const w = c.measureText(text).width + 10;
    c.fillStyle = theme.ink;
    c.beginPath();
    c.roundRect(panel.x + panel.w - w, y - 8, w, 16, 3);
    c.fill();
    c.fillStyle = theme.paper;
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.fillText(text, panel.x + panel.w - w / 2, y + 0.5);
  }
}

/** A line for each visible class with an event, in its colour; a short one for the others. */
function paintThresholdsOfClasses(c, panel, state, theme, line) {
  const { classes, operating } = state.meta;
  const found = new Set(state.events.map(({ k }) => k));
  classes.forEach((kind, k) => {
    if (!operating[kind.label] || !state.isVisible(k)) return;
    c.strokeStyle = kind[theme.name];
    line(Math.round(scoreY(panel, operating[kind.label][0])) + 0.5,
      found.has(k) ? panel.x : panel.x + panel.w - 16);
  });
}

function paintCursor(c, scene) {
  const { layout, state, theme } = scene;
  const { time, hz, panel: under } = state.cursor;
  c.fillStyle = theme.soft;
  for (const { x, w, top, bottom } of layout.areas) {
    c.fillRect(Math.round(timeAxis(w, state.view).x(x, time)), top, 1, bottom - top);
  }
  for (const panel of layout.panels) {
    const x = timeAxis(panel.w, state.view).x(panel.x, time);
    if (hasFrequency(panel) && hz !== null) {
      c.globalAlpha = 0.6;
      c.fillStyle = theme.soft;
      c.fillRect(panel.x, Math.round(panel.y + hzToY(hz, state.meta.mels, state.band) * panel.h), panel.w, 1);
      c.globalAlpha = 1;
    }
    if (layout.byColumn && !sameRow(panel, under)) continue;
    const own = sceneOf(scene, panel);
    const lines = own ? valuesAt(own, panel, time, hz) : [];
    if (!lines.length) continue;
    if (panel === under) paintBox(c, scene, panel, x, lines);
    else if (!SEVERAL.includes(panel.kind)) paintCorner(c, scene, panel, x, lines[0]);
  }
  for (const { x: left, w, top, bottom, scale } of layout.areas) {
    const x = clamp(timeAxis(w, state.view).x(left, time), left + 26, left + w - 26);
    const text = `${time.toFixed(3)} s`;
    if (scale !== "above") paintTag(c, scene, text, x, bottom + 12);
    if (scale !== "below") paintTag(c, scene, text, x, top - 10);
  }
  if (hz === null || !under) return;
  paintTag(c, scene, hzText(hz), under.x - 30, under.y + hzToY(hz, state.meta.mels, state.band) * under.h);
}

/** With columns, values are shown of the panels in one row: many at once would cover too much. */
const sameRow = (a, b) => b && a.kind === b.kind && a.of === b.of;

/** Lines of text for one panel at a time (s) and a frequency (Hz or null): [{text, colour}]. */
function valuesAt(scene, panel, time, hz) {
  const { state, theme } = scene;
  const { meta, picture } = state;
  const line = (text, colour = theme.ink) => ({ text, colour });
  if (panel.kind === "wave") {
    const amplitude = amplitudeAt(state.waveforms[panel.of], time);
    return amplitude === null ? [] : [line(`\u00b1${amplitude.toFixed(3)} FS`)];
  }
  if (hasFrequency(panel)) {
    const value = hz === null ? null : spectrogramValue(state, panel, time, hz);
    return value === null ? [] : [line(value)];
  }
  const frame = Math.floor(time / meta.score_hop);
  if (!(frame >= 0 && frame < meta.frames)) return [];
  const at = (events) => events.filter(({ k, onset, offset }) =>
    state.isVisible(k) && onset <= time && time < offset);
  if (panel.kind === "similarity") {
    return picture.similarity ? [line(share(picture.similarity[frame]))] : [];
  }
  if (panel.kind === "systemSimilarity") {
    return state.compared.filter(({ result }) => result.picture.similarity).map(({ number, name, result }) =>
      line(`${number} ${name} ${share(result.picture.similarity[frame])}`));
  }
  if (panel.kind === "systemEvents") {
    return state.compared.map(({ number, spans, events }) => {
      const now = at(spans ?? events).map(({ k, kind }) =>
        (kind ? `${kind} ${meta.classes[k].short}` : meta.classes[k].short));
      return line(`${number}  ${now.join(", ") || "nothing"}`);
    });
  }
  if (panel.kind === "events") {
    const now = at(state.truth ? state.spans : state.events);
    return lanes(state, panel).flatMap(({ k }) => {
      const span = now.find((one) => one.k === k);
      const { short, label } = meta.classes[k];
      return span ? [line(`${short}: ${span.kind ?? "detected"}`, scene.textColours[label])] : [];
    });
  }
  return scoreLines(scene, panel, frame);
}

/** The three highest scores, and which source the highest pooled one comes from. */
function scoreLines({ state, textColours, theme }, panel, frame) {
  const { meta, picture } = state;
  const rows = panel.kind === "pooled" ? picture.pooled : picture.bySource[panel.of];
  if (!rows) return [];
  const score = (k) => rows[k][frame] / (panel.kind === "pooled" ? 1 : 255);
  const lines = meta.classes.map((_, k) => k)
    .filter((k) => k < meta.n_scored && state.isVisible(k) && score(k) >= 0.02)
    .sort((a, b) => score(b) - score(a)).slice(0, 3)
    .map((k) => [meta.classes[k], score(k).toFixed(2)])
    .map(([{ label, short }, text]) => ({ text: `${short} ${text}`, colour: textColours[label] }));
  if (!panel.strip || !meta.sources || !lines.length) return lines;
  const won = attribution(state, frame);
  const text = won && `${meta.classes[won.k].short} in ${meta.source_names[won.source].toLowerCase()}`;
  return won ? [...lines, { text, colour: theme.soft }] : lines;
}

function amplitudeAt(wave, time) {
  const block = wave ? Math.floor(time / wave.seconds) : -1;
  return block >= 0 && block < wave.low.length ? Math.max(-wave.low[block], wave.high[block]) : null;
}

/** Level, mask or difference of levels as text, or null where there is none. */
function spectrogramValue(state, panel, time, hz) {
  const { meta, picture } = state;
  const isSource = panel.of !== "mixture";
  const level = (tiles) => {
    const [low, high] = meta.stored_db;
    const stored = tiles ? storedAt(meta, tiles, time, hz) : null;
    return stored === null ? null : low + stored * (high - low);
  };
  if (panel.kind === "mel" && isSource && state.masked) {
    const mask = storedAt(meta, picture.masks[panel.of], time, hz);
    return mask === null ? null : `mask ${mask.toFixed(2)}`;
  }
  const here = level(isSource ? picture.sources[panel.of] : picture.mixture);
  if (here === null || panel.kind === "mel") return here === null ? null : decibels(here);
  const { other } = subtrahend(state, panel.of);
  return other ? decibels(here - level(other.picture.sources[panel.of])) : null;
}

/** What an image holds at a time and a frequency, from 0 to 1, or null outside. */
function storedAt(meta, tiles, time, hz) {
  let column = Math.max(0, Math.round(time / meta.mel_hop));
  const row = clamp(Math.floor(hzToY(hz, meta.mels) * meta.mels), 0, meta.mels - 1);
  for (const tile of tiles) {
    if (column < tile.width) return tile.levels[row * tile.width + column] / 255;
    column -= tile.width;
  }
  return null;
}

/** One line in the upper corner of a panel, on the side that the cursor is not on. */
function paintCorner(c, { layout, theme }, panel, x, { text, colour }) {
  const right = x < panel.x + panel.w / 2;
  c.font = `600 ${layout.type}px ${theme.font}`;
  c.textAlign = right ? "right" : "left";
  c.textBaseline = "middle";
  const at = right ? panel.x + panel.w - 6 : panel.x + 6;
  haloText(c, theme, text, at, panel.y + layout.type / 2 + 4, colour);
}

function paintBox(c, { layout, theme }, panel, x, lines) {
  c.font = `${layout.type}px ${theme.font}`;
  const w = Math.max(...lines.map(({ text }) => c.measureText(text).width)) + 12;
  const step = layout.type + 3;
  const h = lines.length * step + 4;
  const left = x + 8 + w > panel.x + panel.w ? x - 8 - w : x + 8;
  const top = panel.y + 3 + (panel.strip && lines.length < 3 ? 4 : 0);
  c.fillStyle = theme.paperAlpha(0.9);
  c.strokeStyle = theme.line;
  c.lineWidth = 1;
  c.beginPath();
  c.roundRect(left + 0.5, top + 0.5, w, h, 3);
  c.fill();
  c.stroke();
  c.textAlign = "left";
  c.textBaseline = "middle";
  lines.forEach(({ text, colour }, i) => {
    c.fillStyle = colour;
    c.fillText(text, left + 6, top + step / 2 + 2.5 + i * step);
  });
}

function paintTag(c, { layout, theme }, text, x, y) {
  c.font = `600 ${layout.type}px ${theme.font}`;
  const w = c.measureText(text).width + 8;
  c.fillStyle = theme.ink;
  c.beginPath();
  c.roundRect(x - w / 2, y - 8, w, 16, 3);
  c.fill();
  c.fillStyle = theme.paper;
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillText(text, x, y + 0.5);
}

/** What lies under a point: {panel, area, time, hz, y}, or null. */
export function probe(state, layout, x, y) {
  const area = layout.areas.find((one) => x >= one.x - 1 && x <= one.x + one.w + 1
    && y >= one.top - 20 && y <= one.bottom + (one.scale === "above" ? 0 : 20));
  if (!area) return null;
  const panel = layout.panels.find((p) => p.x === area.x && y >= p.y && y < p.y + p.h
    && p.w === area.w) ?? null;
  const time = clamp(timeAxis(area.w, state.view).seconds(area.x, x), 0, state.meta.duration);
  const hz = panel && hasFrequency(panel) ? yToHz((y - panel.y) / panel.h, state.meta.mels, state.band) : null;
  return { panel, area, time, hz, y };
}
