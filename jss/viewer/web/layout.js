// Where every panel lies, for one system, or for several that are stacked. Panels of one column share the
// time axis, and both columns have the same width to the pixel. See layout_columns.js for a column a system.

const TOP_HZ = 8000;

/**
 * Panels for a width in CSS pixels. sources: a name for each row of them; lanes: of the event panel;
 * comparison: null, or {height: of the events of all systems in pixels, beside: what is drawn beside
 * the sources, "scores" or "difference"}.
 * -> {panels, rows, columns, areas, plot, width, height, wide, byColumn, type, axis}; areas: rectangles with
 * a time axis, {x, w, top, bottom, scale: where its labels stand, "below", "above" or "both"}
 */
export function arrange(width, { sources, lanes, comparison }) {
  const m = sources.length;
  const wide = width >= 720;
  const scale = wide ? Math.min(1.75, Math.max(0.92, width / 1400)) : 0.9;
  const px = (value) => Math.round(value * scale);
  const type = Math.round(11 * Math.min(1.28, Math.max(1, scale))); // size of text in pixels
  const [left, middle, right] = wide ? [Math.round(11.6 * type), 6 * type, 12] : [46, 0, 8];
  const plot = Math.floor((width - left - middle - right) / (wide ? 2 : 1));
  const columns = wide ? [left, left + plot + middle] : [left];
  const head = wide ? 0 : 28; // on a narrow page a row's name and buttons stand above it
  const gap = wide ? 8 : 6;
  const events = Math.max(px(62), lanes * 17 + 6);
  const tall = comparison && Math.max(px(62) + gap + px(104), comparison.height);
  const pairs = comparison ? [
    { name: "Mixture", track: "mixture", left: ["wave", "mixture"], right: null, h: px(62) },
    { name: "", left: ["mel", "mixture"], right: ["systemEvents"],
      h: tall - px(62) - gap, up: px(62) + gap, tall },
    { name: "Similarity", left: ["systemSimilarity"], right: ["pooled"], h: px(104),
      title: "Similarity of the scores of the sources (Eq. 30), a line for each system" },
  ] : [
    { name: "Mixture", track: "mixture", left: ["wave", "mixture"], right: ["events"],
      h: wide ? events : px(62), tall: events },
    { name: "", left: ["mel", "mixture"], right: ["pooled"], h: px(104) },
  ];
  for (let i = 0; i < m; i++) {
    pairs.push({ name: sources[i], track: `source${i + 1}`, source: i, left: ["mel", i],
      right: [comparison?.beside ?? "scores", i], h: px(80) });
  }
  if (m) pairs.push({ name: "Residual", track: "residual", left: ["wave", "residual"],
    right: m > 1 && !comparison ? ["similarity"] : null, h: px(46) });

  const [panels, rows] = [[], []];
  let y = 4;
  const panel = (spec, x, top, h) => panels.push({ kind: spec[0], of: spec[1], x, y: top, w: plot, h,
    strip: spec[0] === "pooled" && m ? 10 : 0 });
  for (const pair of pairs) {
    const { h } = pair;
    if (pair.name) {
      rows.push({ ...pair, x: wide ? 0 : left, y, w: wide ? left - 4 * type : plot });
      y += head;
    }
    panel(pair.left, columns[0], y, h);
    if (pair.right && wide) panel(pair.right, columns[1], y - (pair.up ?? 0), pair.tall ?? h);
    if (pair.right && !wide) {
      y += h + gap;
      panel(pair.right, columns[0], y, pair.tall ?? h);
      y += (pair.tall ?? h) - h;
    }
    y += h + gap;
  }
  const axis = y - gap;
  const areas = columns.map((x) => ({ x, w: plot, top: 4, bottom: axis, scale: "below" }));
  return { panels, rows, columns, areas, plot, wide, byColumn: false, width, type, axis,
    height: axis + 2 * type + 12 };
}

/** Seconds <-> pixels of panels of a width, for the visible span of time. */
export function timeAxis(width, view) {
  const perSecond = width / (view.end - view.start);
  return {
    perSecond,
    x: (panelX, seconds) => panelX + (seconds - view.start) * perSecond,
    seconds: (panelX, x) => view.start + (x - panelX) / perSecond,
  };
}

/** Height of a score from 0 to 1 in a panel, above the attribution strip where there is one. */
export function scoreY(panel, score) {
  return panel.y + 3 + (1 - score) * (panel.h - 6 - (panel.strip ? panel.strip + 3 : 0));
}

export function yToScore(panel, y) {
  return 1 - (y - panel.y - 3) / (panel.h - 6 - (panel.strip ? panel.strip + 3 : 0));
}

const mel = (hz) => Math.log10(1 + hz / 700) / Math.log10(1 + TOP_HZ / 700);

/** All frequencies, in Hz. */
export const WHOLE_BAND = { low: 0, high: TOP_HZ };

/** Rows of a spectrogram of n filters, from the lowest, between which a band of frequencies lies. */
export function bandRows({ low, high }, n) {
  const row = (hz) => mel(hz) * (n + 1) - 0.5; // filter i peaks at row i + 0.5
  return { from: low > 0 ? row(low) : 0, to: high < TOP_HZ ? row(high) : n };
}

/**
 * Height in a panel that shows a band, from 0 at its top to 1, of a frequency on the HTK scale; n: filters.
 */
export function hzToY(hz, n, band = WHOLE_BAND) {
  const { from, to } = bandRows(band, n);
  return 1 - (mel(hz) * (n + 1) - 0.5 - from) / (to - from);
}

export function yToHz(y, n, band = WHOLE_BAND) {
  const { from, to } = bandRows(band, n);
  const share = Math.min(1, Math.max(0, (from + (1 - y) * (to - from) + 0.5) / (n + 1)));
  return 700 * ((1 + TOP_HZ / 700) ** share - 1);
}

export function hzText(hz) {
  return hz >= 1000 ? `${(hz / 1000).toFixed(2)} kHz` : `${Math.round(hz)} Hz`;
}

/** Round steps for an axis in seconds with about one label every 80 pixels. */
export function timeTicks(view, pixels) {
  const rough = ((view.end - view.start) / pixels) * 80;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = [];
  for (let i = Math.ceil(view.start / step - 1e-6); i * step <= view.end + 1e-6; i++) {
    ticks.push({ seconds: i * step, text: (i * step).toFixed(digits) });
  }
  return ticks;
}
