// What moves: playhead, cursor with the values under it, the threshold line, the loop. Cheap enough for every frame.

import { hzText, hzToY, scoreY, timeAxis, yToHz } from "./layout.js";
import { lanes } from "./paint_events.js";
import { otherOf } from "./paint_compare.js";
import { winner } from "./paint_scores.js";

const hasHz = (panel) => panel.kind === "mel" || panel.kind === "difference";
const signed = (db) => `${db.toFixed(0).replace("-", "\u2212")} dB`;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

export function paintOverlay(c, s) {
  const { layout, theme } = s;
  c.clearRect(0, 0, layout.width, layout.height);
  const axis = timeAxis(layout, s.view);
  const whole = s.region && s.region.start <= s.view.start && s.region.end >= s.view.end;
  if (s.region && !whole) for (const left of layout.columns) region(c, s, axis, left, s.region, s.looping ? 0.1 : 0.04);
  if (s.drag) for (const left of layout.columns) region(c, s, axis, left, s.drag, 0.2);
  threshold(c, s);
  const at = s.position();
  if (at >= s.view.start && at <= s.view.end) {
    c.fillStyle = theme.accent;
    for (const left of layout.columns) {
      const x = Math.round(axis.x(left, at));
      c.fillRect(x - 0.75, 4, 1.5, layout.axis - 4);
      c.beginPath();
      c.moveTo(x - 5, 0);
      c.lineTo(x + 5, 0);
      c.lineTo(x, 7);
      c.fill();
    }
  }
  if (s.cursor) cursor(c, s, axis);
}

function region(c, s, axis, left, { start, end }, alpha) {
  const from = clamp(axis.x(left, start), left, left + s.layout.plot);
  const to = clamp(axis.x(left, end), left, left + s.layout.plot);
  c.globalAlpha = alpha;
  c.fillStyle = s.theme.accent;
  c.fillRect(from, 4, to - from, s.layout.axis - 4);
  c.globalAlpha = 0.7;
  c.fillRect(from, 4, 1, s.layout.axis - 4);
  c.fillRect(to - 1, 4, 1, s.layout.axis - 4);
  c.globalAlpha = 1;
}

function threshold(c, s) {
  for (const panel of s.layout.panels) {
    if (panel.kind !== "pooled" && panel.kind !== "scores") continue;
    const main = panel.kind === "pooled";
    const y = Math.round(scoreY(panel, s.threshold)) + 0.5;
    c.strokeStyle = main ? s.theme.ink : s.theme.soft;
    c.globalAlpha = main ? 0.9 : 0.45;
    c.lineWidth = main && s.overThreshold ? 2 : 1;
    c.setLineDash(main ? [5, 3] : [1, 3]);
    c.beginPath();
    c.moveTo(panel.x, y);
    c.lineTo(panel.x + panel.w, y);
    c.stroke();
    c.setLineDash([]);
    c.globalAlpha = 1;
    if (main) {
      const text = s.threshold.toFixed(2);
      c.font = `600 ${s.layout.type}px ${s.theme.font}`;
      const w = c.measureText(text).width + 10;
      c.fillStyle = s.theme.ink;
      c.beginPath();
      c.roundRect(panel.x + panel.w - w, y - 8, w, 16, 3);
      c.fill();
      c.fillStyle = s.theme.paper;
      c.textAlign = "center";
      c.textBaseline = "middle";
      c.fillText(text, panel.x + panel.w - w / 2, y + 0.5);
    }
  }
}

function cursor(c, s, axis) {
  const { layout, theme } = s;
  const { time, hz } = s.cursor;
  c.fillStyle = theme.soft;
  for (const left of layout.columns) c.fillRect(Math.round(axis.x(left, time)), 4, 1, layout.axis - 4);
  for (const panel of layout.panels) {
    const x = axis.x(panel.x, time);
    if (hasHz(panel) && hz !== null) {
      c.globalAlpha = 0.6;
      c.fillStyle = theme.soft;
      c.fillRect(panel.x, Math.round(panel.y + hzToY(hz, s.meta.mels) * panel.h), panel.w, 1);
      c.globalAlpha = 1;
    }
    const lines = values(s, panel, time, hz);
    if (lines.length) box(c, s, panel, x, lines);
  }
  for (const left of layout.columns) {
    tag(c, s, `${time.toFixed(3)} s`, clamp(axis.x(left, time), left + 26, left + layout.plot - 26), layout.axis + 12);
  }
  if (hz !== null && s.cursor.panel) {
    const { panel } = s.cursor;
    tag(c, s, hzText(hz), panel.x - 30, panel.y + hzToY(hz, s.meta.mels) * panel.h);
  }
}

/** Lines of text for one panel at one time: [{text, ink}]. */
function values(s, panel, time, hz) {
  const { meta, theme, picture } = s;
  const frame = Math.floor(time / meta.score_hop);
  const inside = frame >= 0 && frame < meta.frames;
  if (panel.kind === "wave") {
    const shape = s.waves[panel.of];
    if (!shape) return [];
    const block = Math.floor(time / shape.seconds);
    if (!(block >= 0 && block < shape.low.length)) return [];
    const peak = Math.max(-shape.low[block], shape.high[block]);
    return [{ text: `\u00b1${peak.toFixed(3)} FS`, ink: theme.ink }];
  }
  if (hasHz(panel)) {
    const masked = panel.kind === "mel" && panel.of !== "mixture" && s.masked;
    const tiles = panel.of === "mixture" ? picture.mixture : (masked ? picture.masks : picture.sources)[panel.of];
    if (masked) {
      const share = hz === null ? null : stored(s, tiles, time, hz);
      return share === null ? [] : [{ text: `mask ${share.toFixed(2)}`, ink: theme.ink }];
    }
    const here = tiles && hz !== null ? level(s, tiles, time, hz) : null;
    if (here === null) return [];
    if (panel.kind === "mel") return [{ text: signed(here), ink: theme.ink }];
    const { other } = otherOf(s, panel.of);
    return other ? [{ text: signed(here - level(s, other.picture.sources[panel.of], time, hz)), ink: theme.ink }] : [];
  }
  if (!inside) return [];
  if (panel.kind === "similarity") {
    return picture.similarity ? [{ text: (picture.similarity[frame] / 255).toFixed(2), ink: theme.ink }] : [];
  }
  if (panel.kind === "similarities") {
    return s.rolls.filter(({ take }) => take.picture.similarity)
      .map(({ number, name, take }) => ({ text: `${number} ${name} ${(take.picture.similarity[frame] / 255).toFixed(2)}`, ink: theme.ink }));
  }
  if (panel.kind === "rolls") {
    return s.rolls.map(({ number, spans, events }) => {
      const now = (spans ?? events).filter((e) => s.visible(e.k) && e.onset <= time && time < e.offset)
        .map((e) => (e.kind ? `${e.kind} ${meta.classes[e.k].short}` : meta.classes[e.k].short));
      return { text: `${number}  ${now.join(", ") || "nothing"}`, ink: theme.ink };
    });
  }
  if (panel.kind === "events") {
    return lanes(s, panel).flatMap(({ k }) => {
      const here = (events) => (events ?? []).find((e) => e.k === k && e.onset <= time && time < e.offset);
      const span = here(s.truth ? s.spans : s.events);
      const kind = meta.classes[k];
      return span ? [{ text: `${kind.short}: ${span.kind ?? "detected"}`, ink: s.inks[kind.label] }] : [];
    });
  }
  if (panel.kind === "scores" && !picture.bySource[panel.of]) return [];
  const score = panel.kind === "pooled" ? (k) => picture.pooled[k][frame] : (k) => picture.bySource[panel.of][k][frame] / 255;
  const best = meta.classes.map((_, k) => k).filter((k) => k < meta.n_scored && s.visible(k) && score(k) >= 0.02)
    .sort((a, b) => score(b) - score(a)).slice(0, 3);
  const lines = best.map((k) => ({ text: `${meta.classes[k].short} ${score(k).toFixed(2)}`, ink: s.inks[meta.classes[k].label] }));
  if (panel.strip && meta.sources && lines.length) {
    const won = winner(s, frame);
    if (won) lines.push({ text: `${meta.classes[won.k].short} in ${meta.source_names[won.source].toLowerCase()}`, ink: theme.soft });
  }
  return lines;
}

/** Level of a spectrogram in dB at a time and a frequency, or null outside. */
function level(s, tiles, time, hz) {
  const [low, high] = s.meta.stored_db;
  const share = stored(s, tiles, time, hz);
  return share === null ? null : low + share * (high - low);
}

/** What an image holds at a time and a frequency, from 0 to 1, or null outside. */
function stored(s, tiles, time, hz) {
  const { meta } = s;
  let column = Math.max(0, Math.round(time / meta.mel_hop));
  const row = clamp(Math.floor(hzToY(hz, meta.mels) * meta.mels), 0, meta.mels - 1);
  for (const tile of tiles) {
    if (column < tile.width) return tile.levels[row * tile.width + column] / 255;
    column -= tile.width;
  }
  return null;
}

function box(c, s, panel, x, lines) {
  c.font = `${s.layout.type}px ${s.theme.font}`;
  const w = Math.max(...lines.map(({ text }) => c.measureText(text).width)) + 12;
  const step = s.layout.type + 3;
  const h = lines.length * step + 4;
  const left = x + 8 + w > panel.x + panel.w ? x - 8 - w : x + 8;
  const top = panel.y + 3 + (panel.strip && lines.length < 3 ? 4 : 0);
  c.fillStyle = s.theme.paperAlpha(0.9);
  c.strokeStyle = s.theme.line;
  c.lineWidth = 1;
  c.beginPath();
  c.roundRect(left + 0.5, top + 0.5, w, h, 3);
  c.fill();
  c.stroke();
  c.textAlign = "left";
  c.textBaseline = "middle";
  lines.forEach(({ text, ink }, i) => {
    c.fillStyle = ink;
    c.fillText(text, left + 6, top + step / 2 + 2.5 + i * step);
  });
}

function tag(c, s, text, x, y) {
  const { theme } = s;
  c.font = `600 ${s.layout.type}px ${theme.font}`;
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

/** What lies under a point: {panel, time, hz} or null. */
export function probe(s, x, y) {
  const column = s.layout.columns.findLast((left) => x >= left - 1) ?? null;
  if (column === null || x > column + s.layout.plot + 1 || y > s.layout.axis + 20) return null;
  const panel = s.layout.panels.find((p) => p.x === column && y >= p.y && y < p.y + p.h) ?? null;
  const time = clamp(timeAxis(s.layout, s.view).seconds(column, x), 0, s.meta.duration);
  const hz = panel && hasHz(panel) ? yToHz((y - panel.y) / panel.h, s.meta.mels) : null;
  return { panel, column, time, hz };
}
