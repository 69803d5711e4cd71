// The two canvases: a still picture, and what moves above it. Drawn at most once a frame, on demand.

import { arrange } from "./layout.js";
import { arrangeColumns, columnsFit } from "./layout_columns.js";
import { paintOverlay, probe } from "./overlay.js";
import { paint, paintFrames } from "./paint.js";
import { systemEventsHeight } from "./paint_compare.js";
import { lanesOf } from "./paint_events.js";
import { lookupTable, readTheme, textColour } from "./theme.js";

export class Screen {
  /**
   * root: the element that holds the parts of viewer.html; state: see state.js; player: see player.js.
   * events: functions {laidOut, themed, drawn}, called after the layout or the theme has changed, and
   * with each frame drawn.
   */
  constructor(root, state, player, events) {
    Object.assign(this, { root, state, player, events });
    this.layout = null;
    this.paletteName = null; // null: by the theme
    this.outdated = true; // the still picture
    this.plot = root.querySelector(".plot");
    [this.still, this.moving] = root.querySelectorAll("canvas");
    this.observer = new ResizeObserver(() => {
      if (Math.floor(root.clientWidth) === this.layout?.width) return;
      this.resize();
      if (this.state.meta) this.drawNow();
    });
    this.observer.observe(root);
  }

  setPalette(name) {
    this.paletteName = name;
    this.updateTheme();
  }

  updateTheme() {
    const { meta } = this.state;
    this.theme = readTheme(this.root);
    this.root.dataset.theme = this.theme.name;
    const palette = this.paletteName ?? (this.theme.dark ? "magma" : "grey");
    this.colours = meta ? lookupTable(palette, meta.stored_db, this.state.shownDb) : null;
    this.maskColours = lookupTable(palette, [0, 1], [0, 1]);
    this.events.themed(palette);
    if (!meta) return;
    this.textColours = Object.fromEntries(meta.classes.map((kind) =>
      [kind.label, textColour(this.theme, kind[this.theme.name])]));
    this.redraw();
  }

  arranged() {
    const { state } = this;
    const { compare, sourceNames: sources } = state;
    const width = Math.floor(this.root.clientWidth);
    if (compare?.layout === "columns" && this.columnsFit) {
      const systems = state.systems.map(({ name, result }) => ({ name, separates: result?.meta.sources !== 0 }));
      return arrangeColumns(width, { systems, sources, lanes: state.sharedClasses.length,
        beside: compare.beside });
    }
    const comparison = compare && { height: systemEventsHeight(state), beside: compare.beside };
    return arrange(width, { sources, lanes: lanesOf(state).length, comparison });
  }

  /** Whether there is room for a column for each system. */
  get columnsFit() {
    return columnsFit(Math.floor(this.root.clientWidth), this.state.systems.length);
  }

  /** The number or the kind of panels may have changed. */
  updateLayout() {
    if (!this.state.meta) return;
    const next = this.arranged();
    const size = ({ width, height, columns }) => [width, height, ...columns].join();
    if (!this.layout || size(next) !== size(this.layout)) this.resize();
    else {
      this.layout = next;
      this.redraw();
    }
  }

  resize() {
    const width = Math.floor(this.root.clientWidth);
    if (!this.state.meta || width < 100) return;
    this.layout = this.arranged();
    this.root.classList.toggle("narrow", !this.layout.wide);
    this.root.classList.toggle("by-column", this.layout.byColumn);
    const lengths = { gutter: this.layout.columns[0], column: this.layout.plot, gap: this.layout.gap ?? 0 };
    for (const [name, length] of Object.entries(lengths)) this.root.style.setProperty(`--${name}`, `${length}px`);
    this.root.style.fontSize = `${this.layout.type + 2}px`;
    const scale = Math.min(3, window.devicePixelRatio || 1);
    const [across, down] = [Math.round(width * scale), Math.round(this.layout.height * scale)];
    for (const canvas of [this.still, this.moving]) {
      if (canvas.width === across && canvas.height === down) continue; // a new size clears it, which takes time
      Object.assign(canvas, { width: across, height: down });
      canvas.style.width = `${width}px`;
      canvas.style.height = `${this.layout.height}px`;
      canvas.getContext("2d").setTransform(scale, 0, 0, scale, 0, 0);
    }
    this.plot.style.height = `${this.layout.height}px`;
    this.updateTheme();
    this.events.laidOut(this.layout);
  }

  /** Now, not with the next frame. */
  drawNow() {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    this.draw();
    if (this.player.playing) this.requestFrame();
  }

  /** Panels without content, until another clip is displayed. */
  clear() {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    if (!this.layout) return;
    paintFrames(this.still.getContext("2d"), this);
    this.moving.getContext("2d").clearRect(0, 0, this.layout.width, this.layout.height);
  }

  /** Draw the still picture again with the next frame. */
  redraw() {
    this.outdated = true;
    this.requestFrame();
  }

  /** Ask for the next frame; while the clip plays, every frame asks for another. */
  requestFrame() {
    if (this.waiting || !this.layout || !this.state.meta) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.draw();
      if (this.player.playing) this.requestFrame();
    });
  }

  draw() {
    if (!this.layout || !this.state.meta) return;
    const position = this.player.position();
    if (this.player.playing && this.state.follow(position)) this.outdated = true;
    const scene = this.scene(position);
    if (this.outdated) paint(this.still.getContext("2d"), scene);
    this.outdated = false;
    paintOverlay(this.moving.getContext("2d"), scene);
    this.events.drawn(position);
  }

  /** What the painters need. */
  scene(position) {
    const { state, layout, theme, colours, maskColours, textColours } = this;
    const { audible } = this.player;
    return { state, layout, theme, colours, maskColours, textColours, position, audible };
  }

  /** What lies under a point: {panel, area, time, hz, y}, or null. */
  probe(x, y) {
    return probe(this.state, this.layout, x, y);
  }

  dispose() {
    cancelAnimationFrame(this.waiting);
    this.observer.disconnect();
  }
}
