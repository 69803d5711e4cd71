// The still picture: waveforms, spectrograms, curves, events, axes. Redrawn when data, view, threshold or theme change.

import { hzToY, scoreY, timeAxis, timeTicks } from "./layout.js";
import { paintEvents, paintLaneNames } from "./paint_events.js";
import { paintAttribution, paintCurves, paintSimilarity } from "./paint_scores.js";
import { colour } from "./assets.js";
import { note, paintDifference, paintRollNames, paintRolls, paintSimilarities } from "./paint_compare.js";

const HZ = [250, 1000, 4000];

const PAINTERS = { wave, mel, events: paintEvents, pooled, scores, similarity: paintSimilarity, rolls: paintRolls,
  similarities: paintSimilarities, difference: paintDifference };
const SCORES = ["pooled", "scores", "similarities"];

/** s: what is shown (see shown.js); c: the canvas's context, already scaled to CSS pixels. */
export function paint(c, s) {
  const { layout, theme } = s;
  c.fillStyle = theme.paper;
  c.fillRect(0, 0, layout.width, layout.height);
  const axis = timeAxis(layout, s.view);
  for (const panel of layout.panels) {
    c.save();
    c.beginPath();
    c.rect(panel.x, panel.y, panel.w, panel.h);
    c.clip();
    c.fillStyle = theme.panel;
    c.fillRect(panel.x, panel.y, panel.w, panel.h);
    if (panel.kind !== "mel" && panel.kind !== "difference") grid(c, s, panel, axis);
    PAINTERS[panel.kind](c, s, panel, axis);
    c.restore();
    c.strokeStyle = theme.line;
    c.lineWidth = 1;
    c.strokeRect(panel.x - 0.5, panel.y - 0.5, panel.w + 1, panel.h + 1);
    labels(c, s, panel);
  }
  timeScale(c, s, axis);
}

function grid(c, s, panel, axis) {
  c.strokeStyle = s.theme.grid;
  c.lineWidth = 1;
  c.beginPath();
  for (const { seconds } of timeTicks(s.view, panel.w)) {
    const x = Math.round(axis.x(panel.x, seconds)) + 0.5;
    c.moveTo(x, panel.y);
    c.lineTo(x, panel.y + panel.h);
  }
  if (SCORES.includes(panel.kind)) {
    const y = Math.round(scoreY(panel, 0.5)) + 0.5;
    c.moveTo(panel.x, y);
    c.lineTo(panel.x + panel.w, y);
  }
  c.stroke();
}

/** Waveforms of mixture and residual share one scale. */
function wave(c, s, panel, axis) {
  const shape = s.waves[panel.of];
  if (panel.of === "residual" && !s.meta.sources) {
    note(c, s, panel, `${s.meta.system}: no sources, no residual`);
    return;
  }
  const middle = panel.y + panel.h / 2;
  c.fillStyle = s.theme.line;
  c.fillRect(panel.x, middle, panel.w, 1);
  if (!shape) return;
  const half = (panel.h / 2 - 3) / (s.waves.mixture.peak || 1);
  c.fillStyle = s.theme.soft;
  for (let x = 0; x < panel.w; x++) {
    const from = Math.max(0, Math.floor(axis.seconds(0, x) / shape.seconds));
    const to = Math.min(shape.low.length, Math.max(from + 1, Math.ceil(axis.seconds(0, x + 1) / shape.seconds)));
    let [low, high] = [Infinity, -Infinity];
    for (let i = from; i < to; i++) {
      if (shape.low[i] < low) low = shape.low[i];
      if (shape.high[i] > high) high = shape.high[i];
    }
    if (high >= low) c.fillRect(panel.x + x, middle - high * half, 1, Math.max(1, (high - low) * half));
  }
}

/** Column j is centred on j * hop. */
function mel(c, s, panel, axis) {
  const masked = panel.of !== "mixture" && s.masked;
  const tiles = panel.of === "mixture" ? s.picture.mixture : (masked ? s.picture.masks : s.picture.sources)[panel.of];
  if (!tiles) {
    note(c, s, panel, `${s.meta.system}: no separation stage`);
    return;
  }
  const hop = s.meta.mel_hop;
  let column = 0;
  c.imageSmoothingEnabled = axis.perSecond * hop < 3;
  c.imageSmoothingQuality = "medium";
  for (const tile of tiles) {
    const [from, to] = [axis.x(panel.x, (column - 0.5) * hop), axis.x(panel.x, (column + tile.width - 0.5) * hop)];
    column += tile.width;
    if (to < panel.x || from > panel.x + panel.w) continue;
    colour(tile, masked ? s.maskTable : s.table);
    c.drawImage(tile.canvas, from, panel.y, to - from, panel.h);
  }
}

function pooled(c, s, panel, axis) {
  paintCurves(c, s, panel, axis, (k) => s.picture.pooled[k], 1);
  if (panel.strip && s.meta.sources) paintAttribution(c, s, panel, axis);
}

function scores(c, s, panel, axis) {
  if (!s.picture.bySource[panel.of]) {
    note(c, s, panel, "its scores are those of the mixture, above");
    return;
  }
  paintCurves(c, s, panel, axis, (k) => s.picture.bySource[panel.of][k], 255);
}

function labels(c, s, panel) {
  const { theme } = s;
  c.font = `${s.layout.type}px ${theme.font}`;
  c.fillStyle = theme.soft;
  c.textAlign = "right";
  c.textBaseline = "middle";
  const tick = (text, y) => c.fillText(text, panel.x - 6, Math.min(panel.y + panel.h - 5, Math.max(panel.y + 5, y)));
  if (panel.kind === "mel" || panel.kind === "difference") {
    for (const hz of HZ) {
      const y = panel.y + hzToY(hz, s.meta.mels) * panel.h;
      tick(hz >= 1000 ? `${hz / 1000} kHz` : `${hz} Hz`, y);
      c.fillRect(panel.x - 4, Math.round(y), 3, 1);
    }
  } else if (panel.kind === "wave" && s.waves.mixture) {
    const peak = s.waves.mixture.peak;
    tick(`+${peak.toFixed(2)} FS`, panel.y + 4);
    tick(`\u2212${peak.toFixed(2)} FS`, panel.y + panel.h - 4);
  } else if (SCORES.includes(panel.kind)) {
    for (const score of [0, 0.5, 1]) tick(String(score), scoreY(panel, score));
    if (panel.strip && s.meta.sources) tick("source", panel.y + panel.h - 4);
    if (s.layout.wide && panel.x > s.layout.columns[0]) sideways(c, panel, "score 0\u20131");
  } else if (panel.kind === "rolls") {
    paintRollNames(c, s, panel);
  } else if (panel.kind === "events") {
    paintLaneNames(c, s, panel);
  } else if (panel.kind === "similarity") {
    tick("1", panel.y + 4);
    tick("0", panel.y + panel.h - 4);
    if (s.layout.wide) sideways(c, panel, "Eq. 30");
  }
}

function sideways(c, panel, text) {
  c.save();
  c.translate(panel.x - 44, panel.y + panel.h / 2);
  c.rotate(-Math.PI / 2);
  c.textAlign = "center";
  c.fillText(text, 0, 0);
  c.restore();
}

function timeScale(c, s, axis) {
  const { layout, theme, view } = s;
  c.font = `${s.layout.type}px ${theme.font}`;
  c.textBaseline = "top";
  for (const left of layout.columns) {
    c.fillStyle = theme.soft;
    c.textAlign = "center";
    for (const { seconds, text } of timeTicks(view, layout.plot)) {
      const x = Math.round(axis.x(left, seconds));
      c.fillRect(x, layout.axis, 1, 4);
      c.fillText(text, x, layout.axis + 6);
    }
    c.fillStyle = theme.ink;
    c.fillText("time (s)", left + layout.plot / 2, layout.axis + 8 + layout.type);
    if (view.end - view.start < s.meta.duration - 1e-6) { // where the visible span lies in the clip
      c.fillStyle = theme.line;
      c.fillRect(left, layout.height - 3, layout.plot, 3);
      c.fillStyle = theme.accent;
      c.fillRect(left + (view.start / s.meta.duration) * layout.plot, layout.height - 3,
        Math.max(3, ((view.end - view.start) / s.meta.duration) * layout.plot), 3);
    }
  }
}
