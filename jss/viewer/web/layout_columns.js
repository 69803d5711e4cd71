// Small multiples: the mixture on top, and under it a column for each system. Panels of one row have the
// same height, and every column shows the same span of time at the same scale.

/** A column is at least so wide, in CSS pixels; else the systems are stacked (layout.js). */
const NARROWEST = 150;
const GAP = 10;
/** Height of a class's lane in the panels of events. */
const LANE = 14;

const typeSize = (width) => Math.round(11 * Math.min(1.28, Math.max(1, width / 1400)));
const gutter = (width) => Math.round(10.6 * typeSize(width));
const columnWidth = (width, count) =>
  Math.floor((width - gutter(width) - 2 - GAP * (count - 1)) / count);

/** Whether so many columns have room. */
export function columnsFit(width, count) {
  return columnWidth(width, count) >= NARROWEST;
}

/**
 * Panels for a width in CSS pixels. systems: a column each, {name, separates}; sources: names, rows each;
 * lanes: of the panels of events; beside: what is drawn under each source, "scores" or "difference".
 * -> as of arrange in layout.js. Panels of a column have a system; those that can be played, a track.
 */
export function arrangeColumns(width, { systems, sources, lanes, beside }) {
  const px = (value) => Math.round(value * Math.min(1.75, Math.max(0.92, width / 1400)));
  const [type, left, plot] = [typeSize(width), gutter(width), columnWidth(width, systems.length)];
  const columns = systems.map((_, i) => left + i * (plot + GAP));
  const whole = systems.length * (plot + GAP) - GAP;
  const [panels, rows] = [[], []];
  const separator = systems.findIndex(({ separates }) => separates);
  const first = type + 9; // the mixture's scale stands above it
  let y = first;

  const row = (name, more) => rows.push({ name, x: 0, y, w: left - 4 * type, ...more });
  const add = (i, panel) => panels.push({ system: systems[i].name, x: columns[i], y, w: plot, strip: 0,
    labelled: i === (ofSources(panel.kind, panel.of) ? separator : 0), labelX: left, ...panel });
  const across = (kind, of, h, more) => {
    systems.forEach(({ separates }, i) => {
      if (separates || !ofSources(kind, of)) add(i, { kind, of, h, ...more });
    });
    y += h;
  };

  row("Mixture", { track: "mixture" });
  panels.push({ kind: "mel", of: "mixture", x: left, y, w: whole, h: px(56), strip: 0, track: "mixture" });
  y += px(56);
  const mixture = { x: left, w: whole, top: first, bottom: y, scale: "above" };
  y += type + 10;
  const top = y;
  across("events", undefined, Math.max(px(42), lanes * LANE + 6), { shared: true });
  y += 5;
  row("Pooled", { title: "Scores of the mixture: the maximum over the sources (Eq. 28)" });
  across("pooled", undefined, px(86), { strip: sources.length ? 10 : 0 });
  y += 8;
  const below = y;
  sources.forEach((name, i) => {
    const track = `source${i + 1}`;
    row(name, { track, source: i });
    across("mel", i, px(42), { track });
    y += 2;
    across(beside, i, px(54), { track });
    y += 8;
  });
  if (sources.length) {
    row("Similarity", { title: "Similarity of the scores of the sources (Eq. 30)" });
    across("similarity", undefined, px(46));
    y += 6;
    row("Residual", { track: "residual" });
    across("wave", "residual", px(46), { track: "residual" });
    y += 6;
  }
  const axis = y - 6;
  systems.forEach(({ separates }, i) => {
    if (separates || !sources.length) return;
    add(i, { kind: "noSources", y: below, h: axis - below, track: "mixture" });
  });
  const areas = [mixture, ...columns.map((x) => ({ x, w: plot, top, bottom: axis, scale: "both" }))];
  return { panels, rows, columns, areas, plot, wide: true, byColumn: true, width, type, axis,
    gap: GAP, height: axis + 2 * type + 12 };
}

/** Whether a kind of panel needs sources. */
const ofSources = (kind, of) => of !== undefined || kind === "similarity";
