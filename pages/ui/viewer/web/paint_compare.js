// Several systems at once: their events under the truth, class by class; their similarity; one's sources less another's.

import { scoreY } from "./layout.js";
import { bars, status } from "./paint_events.js";
import { haloText } from "./paint_scores.js";
import { differenceTable } from "./theme.js";

/** Decibels at which the difference of two spectrograms has its full colour. */
export const FULL_DB = 30;

/** Classes with an event in the truth or in any system. */
export function sharedLanes(s) {
  const present = new Set([...(s.truth ?? []), ...s.rolls.flatMap((roll) => roll.events)].map((event) => event.k));
  return [...present].filter((k) => s.visible(k)).sort((a, b) => a - b);
}

/** Height of a class: the truth, then a line a system. */
export const rollHeight = (systems) => 15 + systems * 11 + 4;

/** [{k, y, lines: [{roll, y, h}]}] */
export function groups(s, panel) {
  const each = rollHeight(s.rolls.length);
  return sharedLanes(s).map((k, i) => {
    const y = panel.y + 4 + i * each;
    return { k, y, lines: s.rolls.map((roll, n) => ({ roll, y: y + 14 + n * 11, h: 8 })) };
  });
}

export function paintRolls(c, s, panel, axis) {
  const { theme, meta } = s;
  const shown = groups(s, panel);
  shown.forEach(({ k, y, lines }, i) => {
    if (i) {
      c.fillStyle = theme.line;
      c.fillRect(panel.x, Math.round(y) - 2, panel.w, 1);
    }
    c.globalAlpha = s.focus && meta.classes[k].label !== s.focus ? 0.25 : 1;
    c.fillStyle = meta.classes[k][theme.name];
    for (const event of (s.truth ?? []).filter((one) => one.k === k)) c.fillRect(...bars(panel, axis, event, y + 2, 9));
    for (const { roll, y: top, h } of lines) {
      if (roll.name === s.meta.system) {
        c.fillStyle = theme.grid;
        c.fillRect(panel.x, top - 1.5, panel.w, h + 3);
      }
      c.fillStyle = meta.classes[k][theme.name];
      const spans = (roll.spans ?? roll.events).filter((one) => one.k === k);
      for (const span of spans) {
        if (span.kind) status(c, theme, span.kind, bars(panel, axis, span, top, h));
        else c.fillRect(...bars(panel, axis, span, top, h));
      }
    }
    c.globalAlpha = 1;
  });
  if (!shown.length) note(c, s, panel, "no event, in none of the systems");
}

/** Beside the rolls: the class, and the number of each system. */
export function paintRollNames(c, s, panel) {
  c.textAlign = "right";
  c.textBaseline = "middle";
  for (const { k, y, lines } of groups(s, panel)) {
    c.font = `${s.layout.type}px ${s.theme.font}`;
    c.fillStyle = s.theme.ink;
    c.fillText(s.meta.classes[k].short, panel.x - 6, y + 6.5, s.layout.wide ? 58 : 38);
    for (const { roll, y: top, h } of lines) {
      const own = roll.name === s.meta.system;
      c.font = `${own ? 700 : 400} 9px ${s.theme.font}`;
      c.fillStyle = own ? s.theme.ink : s.theme.soft;
      c.fillText(String(roll.number), panel.x - 6, top + h / 2 + 0.5);
    }
  }
}

/** Eq. 30 over time, a line a system, each with its number; that of the system shown is thick. */
export function paintSimilarities(c, s, panel, axis) {
  const lines = s.rolls.filter(({ take }) => take.picture.similarity);
  const first = Math.max(0, Math.floor(s.view.start / s.meta.score_hop) - 1);
  const end = Math.min(s.meta.frames, Math.ceil(s.view.end / s.meta.score_hop) + 1);
  const x = (i) => axis.x(panel.x, (i + 0.5) * s.meta.score_hop);
  lines.sort((a, b) => (a.name === s.meta.system) - (b.name === s.meta.system));
  lines.forEach(({ name, number, take }, n) => {
    const own = name === s.meta.system;
    c.beginPath();
    for (let i = first; i < end; i++) c.lineTo(x(i), scoreY(panel, take.picture.similarity[i] / 255));
    c.strokeStyle = own ? s.theme.ink : s.theme.soft;
    c.lineWidth = own ? 2 : 1;
    c.setLineDash(own ? [] : [[6, 3], [2, 2], [8, 3, 2, 3], [4, 4]][number % 4]);
    c.stroke();
    c.setLineDash([]);
    const at = Math.min(end - 1, Math.max(first, Math.round(first + ((end - first) * (n + 0.5)) / lines.length)));
    c.font = `${own ? 700 : 400} ${s.layout.type}px ${s.theme.font}`;
    c.textAlign = "center";
    c.textBaseline = "middle";
    haloText(c, s.theme, String(number), x(at), scoreY(panel, take.picture.similarity[at] / 255), own ? s.theme.ink : s.theme.soft);
  });
  if (!lines.length) note(c, s, panel, "no system with sources: nothing to compare them by");
}

/** The other system of a difference, or the sentence that says why there is none. */
export function otherOf(s, m) {
  const { against } = s.compare;
  const other = s.rolls.find(({ name }) => name === against)?.take;
  if (!s.picture.sources[m]) return { why: `${s.meta.system}: no separation stage` };
  if (against === s.meta.system) return { why: `this is ${against} itself: show another, or compare with another` };
  if (!other) return { why: `${against} is on its way` };
  if (!other.picture.sources[m]) return { why: `${against}: no separation stage, no source to compare with` };
  return { other };
}

const kept = new Map(); // of canvases, by the spectrograms and the theme

/** Source m of the system shown less that of another, in dB, on the same axes as the spectrograms. */
export function paintDifference(c, s, panel, axis) {
  const { other, why } = otherOf(s, panel.of);
  if (why) {
    note(c, s, panel, why);
    return;
  }
  const hop = s.meta.mel_hop;
  let column = 0;
  let same = true;
  s.picture.sources[panel.of].forEach((tile, i) => {
    const [from, to] = [axis.x(panel.x, (column - 0.5) * hop), axis.x(panel.x, (column + tile.width - 0.5) * hop)];
    const found = difference(s, tile, other.picture.sources[panel.of][i]);
    column += tile.width;
    same &&= found.same;
    c.drawImage(found.canvas, from, panel.y, to - from, panel.h);
  });
  if (same) {
    note(c, s, panel, `${s.meta.system} and ${s.compare.against} have the same source here: they share the separator`);
    return;
  }
  c.font = `${s.layout.type}px ${s.theme.font}`;
  c.textAlign = "left";
  c.textBaseline = "middle";
  haloText(c, s.theme, `${s.meta.system} less ${s.compare.against}`, panel.x + 6, panel.y + panel.h - 9, s.theme.soft);
}

function difference(s, a, b) {
  const name = s.theme.name;
  const known = kept.get(a)?.get(b);
  if (known?.theme === name) return known;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [a.width, a.height];
  const image = new ImageData(a.width, a.height);
  const out = new Uint32Array(image.data.buffer);
  const table = differenceTable(s.theme, s.meta.stored_db, FULL_DB);
  let same = true;
  for (let i = 0; i < out.length; i++) {
    same &&= a.levels[i] === b.levels[i];
    out[i] = table[255 + a.levels[i] - b.levels[i]];
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  if (!kept.has(a)) kept.set(a, new Map());
  const found = { theme: name, canvas, same };
  kept.get(a).set(b, found);
  while (kept.size > 64) kept.delete(kept.keys().next().value);
  return found;
}

/** A sentence where there is nothing to draw. */
export function note(c, s, panel, text) {
  c.font = `${s.layout.type}px ${s.theme.font}`;
  c.textAlign = "left";
  c.textBaseline = "middle";
  haloText(c, s.theme, text, panel.x + 8, panel.y + panel.h / 2, s.theme.soft);
}
