// The still picture: waveforms, spectrograms, curves, events, axes. Painted again when data, view,
// threshold or theme change.

import { colour } from "./assets.js";
import { hzToY, scoreY, timeAxis, timeTicks, WHOLE_BAND } from "./layout.js";
import { differenceScale, drawTile, note, paintDifference, paintMissing, paintNoSources, paintSystemEvents, paintSystemNumbers,
  paintSystemSimilarity, sceneOf } from "./paint_compare.js";
import { paintEvents, paintLaneNames } from "./paint_events.js";
import { paintAttribution, paintCurves, paintFiltered, paintSimilarity } from "./paint_scores.js";

const HZ_TICKS = [250, 1000, 4000];
const FEW_HZ_TICKS = [500, 4000]; // of low panels
const CLOSE_HZ_TICKS = [125, 250, 500, 1000, 2000, 3000, 4000, 6000, 8000]; // of a part of the band

/** By kind of panel. */
const PAINTERS = {
  wave: paintWave, mel: paintMel, events: paintEvents, pooled: paintPooled, scores: paintSourceScores,
  similarity: paintSimilarity, systemEvents: paintSystemEvents,
  systemSimilarity: paintSystemSimilarity, difference: paintDifference,
  noSources: paintNoSources,
};
const SPECTROGRAMS = ["mel", "difference"];
const UNRULED = [...SPECTROGRAMS, "noSources"];
const SCORES = ["pooled", "scores", "systemSimilarity"];

/** Panels without content. */
export function paintFrames(c, { layout, theme }) {
  c.fillStyle = theme.paper;
  c.fillRect(0, 0, layout.width, layout.height);
  for (const panel of layout.panels) {
    c.fillStyle = theme.panel;
    c.fillRect(panel.x, panel.y, panel.w, panel.h);
    paintFrame(c, theme, panel);
  }
}

function paintFrame(c, theme, panel) {
  c.strokeStyle = theme.line;
  c.lineWidth = 1;
  c.strokeRect(panel.x - 0.5, panel.y - 0.5, panel.w + 1, panel.h + 1);
}

/** c: the canvas's context, scaled to CSS pixels; scene: see Screen.scene. */
export function paint(c, still) {
  const { layout, state, theme } = still;
  const differenceDb = state.compare?.beside === "difference" ? differenceScale(state) : null;
  const scene = { ...still, differenceDb };
  c.fillStyle = theme.paper;
  c.fillRect(0, 0, layout.width, layout.height);
  for (const panel of layout.panels) {
    const axis = timeAxis(panel.w, scene.state.view);
    const own = sceneOf(scene, panel);
    c.save();
    c.beginPath();
    c.rect(panel.x, panel.y, panel.w, panel.h);
    c.clip();
    c.fillStyle = theme.panel;
    c.fillRect(panel.x, panel.y, panel.w, panel.h);
    if (!UNRULED.includes(panel.kind)) paintGrid(c, scene, panel, axis);
    if (own) PAINTERS[panel.kind](c, own, panel, axis);
    else paintMissing(c, scene, panel);
    c.restore();
    paintFrame(c, theme, panel);
    if (panel.labelled ?? true) paintLabels(c, own ?? scene, panel);
  }
  for (const area of layout.areas) paintTimeScale(c, scene, area);
}

function paintGrid(c, scene, panel, axis) {
  c.strokeStyle = scene.theme.grid;
  c.lineWidth = 1;
  c.beginPath();
  for (const { seconds } of timeTicks(scene.state.view, panel.w)) {
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
function paintWave(c, scene, panel, axis) {
  const { meta, waveforms } = scene.state;
  const wave = waveforms[panel.of];
  if (panel.of === "residual" && !meta.sources) {
    note(c, scene, panel, `${meta.system}: no sources, no residual`);
    return;
  }
  const middle = panel.y + panel.h / 2;
  c.fillStyle = scene.theme.line;
  c.fillRect(panel.x, middle, panel.w, 1);
  if (!wave) return;
  const half = (panel.h / 2 - 3) / (waveforms.mixture.peak || 1);
  c.fillStyle = scene.theme.soft;
  for (let x = 0; x < panel.w; x++) {
    const from = Math.max(0, Math.floor(axis.seconds(0, x) / wave.seconds));
    const to = Math.min(wave.low.length,
      Math.max(from + 1, Math.ceil(axis.seconds(0, x + 1) / wave.seconds)));
    let [low, high] = [Infinity, -Infinity];
    for (let i = from; i < to; i++) {
      if (wave.low[i] < low) low = wave.low[i];
      if (wave.high[i] > high) high = wave.high[i];
    }
    if (high < low) continue;
    c.fillRect(panel.x + x, middle - high * half, 1, Math.max(1, (high - low) * half));
  }
}

/** Column j is centred on j * hop. */
function paintMel(c, scene, panel, axis) {
  const { meta, picture } = scene.state;
  const isSource = panel.of !== "mixture";
  const masked = isSource && scene.state.masked;
  const tiles = isSource ? (masked ? picture.masks : picture.sources)[panel.of] : picture.mixture;
  if (!tiles) {
    note(c, scene, panel, `${meta.system}: no separation stage`);
    return;
  }
  const hop = meta.mel_hop;
  let column = 0;
  c.imageSmoothingEnabled = axis.perSecond * hop < 3;
  c.imageSmoothingQuality = "medium";
  for (const tile of tiles) {
    const from = axis.x(panel.x, (column - 0.5) * hop);
    const to = axis.x(panel.x, (column + tile.width - 0.5) * hop);
    column += tile.width;
    if (to < panel.x || from > panel.x + panel.w) continue;
    colour(tile, masked ? scene.maskColours : scene.colours);
    drawTile(c, scene.state, tile.canvas, from, panel.y, to - from, panel.h);
  }
}

function paintPooled(c, scene, panel, axis) {
  const row = (k) => scene.state.picture.pooled[k];
  paintCurves(c, scene, panel, axis, row, 1);
  paintFiltered(c, scene, panel, axis, row);
  if (panel.strip && scene.state.meta.sources) paintAttribution(c, scene, panel, axis);
}

function paintSourceScores(c, scene, panel, axis) {
  const scores = scene.state.picture.bySource[panel.of];
  if (scores) paintCurves(c, scene, panel, axis, (k) => scores[k], 255);
  else note(c, scene, panel, "its scores are those of the mixture, above");
}

/** What stands at the left of a panel. */
function paintLabels(c, scene, panel) {
  const { layout, state, theme } = scene;
  c.font = `${layout.type}px ${theme.font}`;
  c.fillStyle = theme.soft;
  c.textAlign = "right";
  c.textBaseline = "middle";
  const inside = (y) => Math.min(panel.y + panel.h - 5, Math.max(panel.y + 5, y));
  const left = panel.labelX ?? panel.x; // a panel further right may stand for its row
  const tick = (text, y) => c.fillText(text, left - 6, inside(y));
  const [top, bottom] = [panel.y + 4, panel.y + panel.h - 4];
  if (SPECTROGRAMS.includes(panel.kind)) {
    const { low, high } = state.band;
    const whole = low === WHOLE_BAND.low && high === WHOLE_BAND.high;
    const ticks = !whole ? CLOSE_HZ_TICKS.filter((hz) => hz >= low && hz <= high)
      : panel.h < 56 ? FEW_HZ_TICKS : HZ_TICKS;
    let free = Infinity; // numbers do not overlap
    for (const hz of ticks) {
      const y = panel.y + hzToY(hz, state.meta.mels, state.band) * panel.h;
      if (y > free) continue;
      free = y - layout.type - 2;
      tick(hz >= 1000 ? `${hz / 1000} kHz` : `${hz} Hz`, y);
      c.fillRect(left - 4, Math.round(y), 3, 1);
    }
  } else if (panel.kind === "wave" && state.waveforms.mixture) {
    const peak = state.waveforms.mixture.peak.toFixed(2);
    tick(`+${peak} FS`, top);
    tick(`\u2212${peak} FS`, bottom);
  } else if (SCORES.includes(panel.kind)) {
    for (const score of [0, 0.5, 1]) tick(String(score), scoreY(panel, score));
    if (panel.strip && state.sourceNames.length) tick("source", bottom);
    if (layout.wide && panel.x > layout.columns[0]) paintSideways(c, panel, "score 0\u20131");
  } else if (panel.kind === "systemEvents") {
    paintSystemNumbers(c, scene, panel);
  } else if (panel.kind === "events") {
    paintLaneNames(c, scene, panel);
  } else if (panel.kind === "similarity") {
    tick("1", top);
    tick("0", bottom);
    if (layout.wide && !layout.byColumn) paintSideways(c, panel, "Eq. 30");
  }
}

function paintSideways(c, panel, text) {
  c.save();
  c.translate(panel.x - 44, panel.y + panel.h / 2);
  c.rotate(-Math.PI / 2);
  c.textAlign = "center";
  c.fillText(text, 0, 0);
  c.restore();
}

function paintTimeScale(c, scene, area) {
  const { layout, state, theme } = scene;
  const { meta, view } = state;
  const axis = timeAxis(area.w, view);
  c.font = `${layout.type}px ${theme.font}`;
  c.textBaseline = "top";
  c.fillStyle = theme.soft;
  for (const { seconds, text } of timeTicks(view, area.w)) {
    const x = Math.round(axis.x(area.x, seconds));
    const [first, last] = [x < area.x + 8, x > area.x + area.w - 8];
    // columns are close to one another: the numbers at their ends stay within them
    c.textAlign = layout.byColumn && first ? "left" : layout.byColumn && last ? "right" : "center";
    if (area.scale !== "below") {
      c.fillRect(x, area.top - 4, 1, 4);
      c.fillText(text, x, area.top - layout.type - 5);
    }
    if (area.scale !== "above") {
      c.fillRect(x, area.bottom, 1, 4);
      c.fillText(text, x, area.bottom + 6);
    }
  }
  if (area.scale === "above") return;
  c.textAlign = "center";
  c.fillStyle = theme.ink;
  c.fillText("time (s)", area.x + area.w / 2, area.bottom + 8 + layout.type);
  if (!state.zoomedIn) return;
  const perSecond = area.w / meta.duration; // where the visible span lies in the clip
  c.fillStyle = theme.line;
  c.fillRect(area.x, layout.height - 3, area.w, 3);
  c.fillStyle = theme.accent;
  c.fillRect(area.x + view.start * perSecond, layout.height - 3,
    Math.max(3, (view.end - view.start) * perSecond), 3);
}
