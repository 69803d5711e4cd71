// Ground truth above, decoded events below, in one lane a class; the decoded ones as hits, false alarms and misses.

import { haloText } from "./paint_scores.js";

let hatched = null;

function hatch(c, ink) {
  if (hatched?.ink === ink) return hatched.pattern;
  const tile = document.createElement("canvas");
  [tile.width, tile.height] = [6, 6];
  const t = tile.getContext("2d");
  t.strokeStyle = ink;
  t.lineWidth = 1.8;
  t.beginPath();
  for (const x of [-6, 0, 6]) {
    t.moveTo(x, 6);
    t.lineTo(x + 6, 0);
  }
  t.stroke();
  hatched = { ink, pattern: c.createPattern(tile, "repeat") };
  return hatched.pattern;
}

/** Classes with an event, true or decoded, in the order of the classes. */
export function lanesOf(s) {
  const present = new Set([...(s.truth ?? []), ...s.events].map((event) => event.k));
  return [...present].filter((k) => s.visible(k)).sort((a, b) => a - b);
}

/** Lanes of a panel: [{k, y, h}]. */
export function lanes(s, panel) {
  const shown = lanesOf(s);
  const h = Math.min(26, (panel.h - 4) / Math.max(1, shown.length));
  const top = panel.y + (panel.h - h * shown.length) / 2;
  return shown.map((k, row) => ({ k, y: top + row * h, h }));
}

/** [x, y, w, h] of a span of time. */
export function bars(panel, axis, span, y, h) {
  return [axis.x(panel.x, span.onset), y, (span.offset - span.onset) * axis.perSecond, h];
}

export function paintEvents(c, s, panel, axis) {
  const { theme, meta } = s;
  const rows = lanes(s, panel);
  const bar = (span, y, h) => bars(panel, axis, span, y, h);
  rows.forEach(({ k, y, h }, row) => {
    if (row) {
      c.fillStyle = theme.grid;
      c.fillRect(panel.x, Math.round(y), panel.w, 1);
    }
    const ink = meta.classes[k][theme.name];
    const own = (span) => span.k === k;
    c.globalAlpha = s.focus && meta.classes[k].label !== s.focus ? 0.25 : 1;
    c.fillStyle = ink;
    if (!s.truth) {
      for (const event of s.events.filter(own)) c.fillRect(...bar(event, y + h * 0.25, h * 0.5));
    } else {
      for (const event of s.truth.filter(own)) c.fillRect(...bar(event, y + h * 0.12, h * 0.38));
      for (const span of s.spans.filter(own)) status(c, theme, span.kind, bar(span, y + h * 0.56, h * 0.3));
    }
    c.globalAlpha = 1;
  });
  c.font = `${s.layout.type}px ${theme.font}`;
  c.textAlign = "left";
  c.textBaseline = "middle";
  if (!rows.length) {
    haloText(c, theme, s.truth ? "no event, neither true nor detected" : "no event above the threshold",
      panel.x + 8, panel.y + panel.h / 2, theme.soft);
  }
}

/** One span of the lower bar: filled (hit), hatched (false alarm) or an empty frame (miss). */
export function status(c, theme, kind, [x, y, w, h]) {
  if (kind === "hit") {
    c.fillStyle = theme.hit;
    c.fillRect(x, y, w, h);
  } else if (kind === "false alarm") {
    c.fillStyle = hatch(c, theme.alarm);
    c.fillRect(x, y, w, h);
    c.strokeStyle = theme.alarm;
    c.lineWidth = 1;
    c.strokeRect(x + 0.5, y + 0.5, Math.max(0.5, w - 1), h - 1);
  } else {
    c.strokeStyle = theme.miss;
    c.lineWidth = 1;
    c.setLineDash([3, 2]);
    c.strokeRect(x + 0.5, y + 0.5, Math.max(0.5, w - 1), h - 1);
    c.setLineDash([]);
  }
}

/** Class names beside the lanes. */
export function paintLaneNames(c, s, panel) {
  c.font = `${s.layout.type}px ${s.theme.font}`;
  c.textAlign = "right";
  c.textBaseline = "middle";
  for (const { k, y, h } of lanes(s, panel)) {
    c.fillStyle = s.theme.ink;
    c.fillText(s.meta.classes[k].short, panel.x - 6, y + h / 2, s.layout.wide ? 58 : 38);
  }
}
