// The viewer's two canvases: a still picture, and what moves above it. Drawn at most once a frame, and only when needed.

import { arrange } from "./layout.js";
import { paintOverlay } from "./overlay.js";
import { paint } from "./paint.js";
import { rollHeight, sharedLanes } from "./paint_compare.js";
import { lanesOf } from "./paint_events.js";
import { lookupTable, readTheme, textColour } from "./theme.js";

export class Screen {
  /** root: the element that holds the parts of viewer.html. */
  constructor(root) {
    this.root = root;
    this.meta = null;
    this.plot = root.querySelector(".plot");
    [this.still, this.moving] = root.querySelectorAll("canvas");
    this.sizes = new ResizeObserver(() => {
      if (Math.floor(root.clientWidth) === this.layout?.width) return;
      this.resize();
      if (this.meta) this.drawNow();
    });
    this.sizes.observe(root);
  }

  retheme() {
    this.theme = readTheme(this.root);
    this.root.dataset.theme = this.theme.name;
    const palette = this.palette ?? (this.theme.dark ? "magma" : "grey");
    this.table = this.meta ? lookupTable(palette, this.meta.stored_db, this.meta.shown_db) : null;
    this.maskTable = lookupTable(palette, [0, 1], [0, 1]);
    this.toolbar?.retheme(palette);
    if (!this.meta) return;
    this.inks = Object.fromEntries(this.meta.classes.map((kind) => [kind.label, textColour(this.theme, kind[this.theme.name])]));
    this.redraw();
  }

  arranged() {
    const height = 8 + rollHeight(this.rolls.length) * sharedLanes(this).length;
    return arrange(Math.floor(this.root.clientWidth), { sources: this.names, lanes: lanesOf(this).length,
      rolls: this.compare && { height, beside: this.compare.beside } });
  }

  /** Other panels, or more of them, where they were. */
  fit() {
    const next = this.arranged();
    if (next.height !== this.layout?.height || next.width !== this.layout.width) this.resize();
    else {
      this.layout = next;
      this.redraw();
    }
  }

  resize() {
    const width = Math.floor(this.root.clientWidth);
    if (!this.meta || width < 100) return;
    this.layout = this.arranged();
    this.root.classList.toggle("narrow", !this.layout.wide);
    this.root.style.fontSize = `${this.layout.type + 2}px`;
    const scale = Math.min(3, window.devicePixelRatio || 1);
    for (const canvas of [this.still, this.moving]) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(this.layout.height * scale);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${this.layout.height}px`;
      canvas.getContext("2d").setTransform(scale, 0, 0, scale, 0, 0);
    }
    this.plot.style.height = `${this.layout.height}px`;
    this.toolbar.placeRows(this.layout);
    this.retheme();
  }

  /** Now, not with the next frame. */
  drawNow() {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    this.draw();
    if (this.player.playing) this.tick();
  }

  redraw() {
    this.stale = true;
    this.tick();
  }

  /** Ask for the next frame; while the clip plays, every frame asks for another. */
  tick() {
    if (this.waiting || !this.layout) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.draw();
      if (this.player.playing) this.tick();
    });
  }

  draw() {
    if (this.player.playing) this.follow();
    if (this.stale !== false) paint(this.still.getContext("2d"), this);
    this.stale = false;
    paintOverlay(this.moving.getContext("2d"), this);
    this.toolbar.tell(this.position());
  }

  /** Zoomed in and not looping: the next page of time when the playhead leaves this one. */
  follow() {
    const at = this.position();
    if (at < this.view.start || at > this.view.end) this.pan(at - this.view.start);
  }

  dispose() {
    cancelAnimationFrame(this.waiting);
    this.sizes.disconnect();
  }
}
