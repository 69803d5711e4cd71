// Score curves with names on them, the strip of winning sources, and the likeness of the sources over time.

import { scoreY } from "./layout.js";
import { sourceShade } from "./theme.js";

/** Text with a rim of paper, so that it reads on anything. */
export function haloText(c, theme, text, x, y, ink) {
  c.lineWidth = 3;
  c.lineJoin = "round";
  c.strokeStyle = theme.paper;
  c.strokeText(text, x, y);
  c.fillStyle = ink;
  c.fillText(text, x, y);
}

/** Frames in sight -> [first, end). */
function frames(s) {
  const { frames: count, score_hop: hop } = s.meta;
  return [Math.max(0, Math.floor(s.view.start / hop) - 1), Math.min(count, Math.ceil(s.view.end / hop) + 1)];
}

/** One curve a class; frame i is centred on (i + 0.5) * hop, and drawn as a step when zoomed in. full: the value of 1. */
export function paintCurves(c, s, panel, axis, row, full) {
  const { meta, theme } = s;
  const [from, to] = frames(s);
  const step = axis.perSecond * meta.score_hop > 14;
  const named = [];
  const order = meta.classes.map((_, k) => k).filter((k) => k < meta.n_scored && s.visible(k));
  order.sort((a, b) => (meta.classes[a].label === s.focus) - (meta.classes[b].label === s.focus));
  for (const k of order) {
    const kind = meta.classes[k];
    const values = row(k);
    let best = from;
    c.beginPath();
    for (let i = from; i < to; i++) {
      if (values[i] > values[best]) best = i;
      const y = scoreY(panel, values[i] / full);
      const x = axis.x(panel.x, (i + (step ? 0 : 0.5)) * meta.score_hop);
      if (i === from) c.moveTo(x, y);
      else c.lineTo(x, y);
      if (step) c.lineTo(axis.x(panel.x, (i + 1) * meta.score_hop), y);
    }
    const focused = kind.label === s.focus;
    c.globalAlpha = s.focus && !focused ? 0.18 : 1;
    c.setLineDash(kind.dash);
    c.strokeStyle = kind[theme.name];
    c.lineWidth = focused ? 2.4 : 1.6;
    c.lineJoin = "round";
    c.stroke();
    c.setLineDash([]);
    if (values[best] / full > 0.25) named.push({ kind, k, best, score: values[best] / full });
    c.globalAlpha = 1;
  }
  nameCurves(c, s, panel, axis, named);
}

function nameCurves(c, s, panel, axis, named) {
  c.font = `600 ${s.layout.type}px ${s.theme.font}`;
  c.textAlign = "left";
  c.textBaseline = "middle";
  const taken = [];
  named.sort((a, b) => b.score - a.score);
  for (const { kind, best, score } of named) {
    const width = c.measureText(kind.short).width;
    const peak = axis.x(panel.x, (best + 0.5) * s.meta.score_hop);
    const x = Math.min(panel.x + panel.w - width - 4, Math.max(panel.x + 4, peak - width / 2));
    const places = [scoreY(panel, score) - 8, scoreY(panel, score) + 11, scoreY(panel, score) + 24];
    const y = places.map((place) => Math.max(panel.y + 8, place))
      .find((place) => !taken.some((t) => Math.abs(t.y - place) < 12 && x < t.end + 4 && x + width > t.x - 4));
    if (y === undefined) continue;
    taken.push({ x, end: x + width, y });
    c.globalAlpha = s.focus && kind.label !== s.focus ? 0.18 : 1;
    haloText(c, s.theme, kind.short, x, y, s.inks[kind.label]);
    c.globalAlpha = 1;
  }
}

/** The source that won the class with the highest pooled score in each frame (Eq. 28); faint where the score is low. */
export function winner(s, frame) {
  let best = -1;
  for (let k = 0; k < s.meta.n_scored; k++) {
    if (!s.visible(k) || (s.focus && s.meta.classes[k].label !== s.focus)) continue;
    if (best < 0 || s.picture.pooled[k][frame] > s.picture.pooled[best][frame]) best = k;
  }
  if (best < 0) return null;
  return { k: best, source: s.picture.winners[best][frame], score: s.picture.pooled[best][frame] };
}

export function paintAttribution(c, s, panel, axis) {
  const [from, to] = frames(s);
  const y = panel.y + panel.h - panel.strip;
  c.font = `600 ${s.layout.type - 2}px ${s.theme.font}`;
  c.textAlign = "center";
  c.textBaseline = "middle";
  let run = null;
  const number = () => {
    if (!run || run.end - run.x < 14 || run.strength / run.count < 0.3) return;
    const shade = sourceShade(run.source, s.meta.sources, s.theme.dark);
    c.fillStyle = shade.darkText ? "#10161d" : "#ffffff";
    c.fillText(String(run.source + 1), (Math.max(run.x, panel.x) + Math.min(run.end, panel.x + panel.w)) / 2,
      y + panel.strip / 2 + 0.5);
  };
  for (let i = from; i < to; i++) {
    const won = winner(s, i);
    if (!won) continue;
    const [x, end] = [axis.x(panel.x, i * s.meta.score_hop), axis.x(panel.x, (i + 1) * s.meta.score_hop)];
    c.globalAlpha = Math.min(1, Math.max(0.06, won.score * 1.6));
    c.fillStyle = sourceShade(won.source, s.meta.sources, s.theme.dark).fill;
    c.fillRect(x, y, end - x + 0.3, panel.strip);
    c.globalAlpha = 1;
    if (run && run.source === won.source) Object.assign(run, { end, count: run.count + 1, strength: run.strength + won.score });
    else {
      number();
      run = { source: won.source, x, end, count: 1, strength: won.score };
    }
  }
  number();
}

/** Mean cosine similarity of the sources' score vectors, frame by frame (Eq. 30). */
export function paintSimilarity(c, s, panel, axis) {
  const values = s.picture.similarity;
  if (!values) return;
  const [from, to] = frames(s);
  const y = (value) => panel.y + 3 + (1 - value / 255) * (panel.h - 6);
  const x = (i) => axis.x(panel.x, (i + 0.5) * s.meta.score_hop);
  c.beginPath();
  c.moveTo(x(from), panel.y + panel.h);
  for (let i = from; i < to; i++) c.lineTo(x(i), y(values[i]));
  c.lineTo(x(to - 1), panel.y + panel.h);
  c.fillStyle = s.theme.grid;
  c.fill();
  c.beginPath();
  for (let i = from; i < to; i++) c.lineTo(x(i), y(values[i]));
  c.strokeStyle = s.theme.soft;
  c.lineWidth = 1.2;
  c.stroke();
  c.font = `${s.layout.type}px ${s.theme.font}`;
  c.textAlign = "left";
  c.textBaseline = "middle";
  haloText(c, s.theme, `similarity of sources, mean ${s.meta.similarity.mean.toFixed(2)}`, panel.x + 6,
    panel.y + panel.h - 9, s.theme.soft);
}
