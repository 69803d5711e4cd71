// Ground truth above, decoded events below, one lane for each class; the decoded ones as hits, false
// alarms and misses.

import { haloText } from "./paint_scores.js";

let hatch = null; // of the theme's colour of false alarms

function hatchPattern(c, colour) {
  if (hatch?.colour === colour) return hatch.pattern;
  const tile = document.createElement("canvas");
  [tile.width, tile.height] = [6, 6];
  const t = tile.getContext("2d");
  t.strokeStyle = colour;
  t.lineWidth = 1.8;
  t.beginPath();
  for (const x of [-6, 0, 6]) {
    t.moveTo(x, 6);
    t.lineTo(x + 6, 0);
  }
  t.stroke();
  hatch = { colour, pattern: c.createPattern(tile, "repeat") };
  return hatch.pattern;
}

/** Visible classes with an event, true or decoded, in the order of the classes. */
export function lanesOf(state) {
  const present = new Set([...(state.truth ?? []), ...state.events].map((event) => event.k));
  return [...present].filter((k) => state.isVisible(k)).sort((a, b) => a - b);
}

/** Lanes of a panel: [{k, y, h}]. In a comparison by column all panels share them. */
export function lanes(state, panel) {
  const classes = panel.shared ? state.sharedClasses : lanesOf(state);
  const h = Math.min(26, (panel.h - 4) / Math.max(1, classes.length));
  const top = panel.y + (panel.h - h * classes.length) / 2;
  return classes.map((k, row) => ({ k, y: top + row * h, h }));
}

/** [x, y, w, h] of a span of time. */
export function barOf(panel, axis, span, y, h) {
  return [axis.x(panel.x, span.onset), y, (span.offset - span.onset) * axis.perSecond, h];
}

export function paintEvents(c, scene, panel, axis) {
  const { layout, state, theme } = scene;
  const { events, focus, meta, spans, truth } = state;
  const rows = lanes(state, panel);
  rows.forEach(({ k, y, h }, row) => {
    const bar = (span, top, height) => barOf(panel, axis, span, y + h * top, h * height);
    const ofClass = (some) => some.filter((one) => one.k === k);
    if (row) {
      c.fillStyle = theme.grid;
      c.fillRect(panel.x, Math.round(y), panel.w, 1);
    }
    c.globalAlpha = focus && meta.classes[k].label !== focus ? 0.25 : 1;
    c.fillStyle = meta.classes[k][theme.name];
    if (truth) {
      for (const event of ofClass(truth)) c.fillRect(...bar(event, 0.12, 0.38));
      for (const span of ofClass(spans)) paintOutcome(c, theme, span.kind, bar(span, 0.56, 0.3));
    } else {
      for (const event of ofClass(events)) c.fillRect(...bar(event, 0.25, 0.5));
    }
    c.globalAlpha = 1;
  });
  if (rows.length) return;
  const none = state.removed.length
    ? `no event: what is above the threshold is too short for the median filter (${state.filterText})`
    : truth ? "no event, neither true nor detected" : "no event above the threshold";
  c.font = `${layout.type}px ${theme.font}`;
  c.textAlign = "left";
  c.textBaseline = "middle";
  haloText(c, theme, none, panel.x + 8, panel.y + panel.h / 2, theme.soft);
}

/** One span of the lower bar: filled (hit), hatched (false alarm) or an empty frame (miss). */
export function paintOutcome(c, theme, kind, [x, y, w, h]) {
  c.lineWidth = 1;
  if (kind === "hit") {
    c.fillStyle = theme.hit;
    c.fillRect(x, y, w, h);
  } else if (kind === "false alarm") {
    c.fillStyle = hatchPattern(c, theme.alarm);
    c.fillRect(x, y, w, h);
    c.strokeStyle = theme.alarm;
    c.strokeRect(x + 0.5, y + 0.5, Math.max(0.5, w - 1), h - 1);
  } else {
    c.strokeStyle = theme.miss;
    c.setLineDash([3, 2]);
    c.strokeRect(x + 0.5, y + 0.5, Math.max(0.5, w - 1), h - 1);
    c.setLineDash([]);
  }
}

/** The event under a point, true in the upper half of a lane, else detected: {onset, offset, k}, or null. */
export function eventAt(state, panel, time, y) {
  const lane = lanes(state, panel).find((one) => y >= one.y && y < one.y + one.h);
  if (!lane) return null;
  const at = (events) => (events ?? []).find(({ k, onset, offset }) =>
    k === lane.k && onset <= time && time < offset);
  const upper = y < lane.y + lane.h * 0.53;
  return (upper && state.truth ? at(state.truth) : at(state.events) ?? at(state.truth)) ?? null;
}

/** Class names beside the lanes. */
export function paintLaneNames(c, scene, panel) {
  const { layout, state, theme } = scene;
  c.font = `${layout.type}px ${theme.font}`;
  c.fillStyle = theme.ink;
  c.textAlign = "right";
  c.textBaseline = "middle";
  for (const { k, y, h } of lanes(state, panel)) {
    c.fillText(state.meta.classes[k].short, panel.x - 6, y + h / 2, layout.wide ? 58 : 38);
  }
}
