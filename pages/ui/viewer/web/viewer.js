// The viewer of one clip: what hand and keys do to what is shown and heard.

import { attachKeys, attachLeaving, attachPointer } from "./input.js";
import { Mixer } from "./mixer.js";
import { Player } from "./player.js";
import { Shown } from "./shown.js";
import { SystemsBar } from "./systems_bar.js";
import { Toolbar } from "./toolbar.js";

export class Viewer extends Shown {
  /** root: the element that holds the parts of viewer.html; host: the element that page and keyboard see. */
  constructor(root, host, scope) {
    super(root);
    this.hidden = new Set();
    this.focus = null;
    this.mixer = new Mixer();
    this.region = this.drag = this.cursor = null;
    this.looping = this.overThreshold = false;
    this.player = new Player(() => this.playingChanged());
    this.toolbar = new Toolbar(this, root);
    this.bar = new SystemsBar(this, root);
    attachPointer(this, this.plot);
    this.drop = [attachKeys(this, host, scope), attachLeaving(this, host)];
    this.retheme();
  }

  visible(k) {
    return !this.hidden.has(this.meta.classes[k].label);
  }

  position() {
    return this.player.position();
  }

  // hand

  setCursor(cursor) {
    this.cursor = cursor;
    this.tick();
  }

  setDrag(drag) {
    this.drag = drag;
    this.tick();
  }

  seek(seconds) {
    this.player.seek(seconds);
    this.tick();
  }

  /** A span dragged over: look at it (zoom) and loop it. */
  choose(span, zoom) {
    if (span.end - span.start < 0.02) return;
    this.region = { ...span };
    this.setLooping(true);
    if (zoom) this.setView(span.start, span.end);
    if (this.position() < span.start || this.position() > span.end) this.seek(span.start);
    this.commit();
  }

  whole() {
    this.region = null;
    this.setLooping(false);
    this.setView(0, this.meta.duration);
    this.commit();
  }

  setView(start, end) {
    const length = Math.min(this.meta.duration, Math.max(end - start, Math.min(0.2, this.meta.duration)));
    const from = Math.min(Math.max(0, start), this.meta.duration - length);
    this.view = { start: from, end: from + length };
    this.toolbar.state();
    this.redraw();
  }

  zoom(factor, at) {
    const { start, end } = this.view;
    this.setView(at - (at - start) * factor, at + (end - at) * factor);
  }

  pan(seconds) {
    this.setView(this.view.start + seconds, this.view.end + seconds);
  }

  setLooping(on) {
    this.looping = on;
    const span = this.region ?? { start: 0, end: this.meta.duration };
    this.player.setLoop(on ? span : null);
    this.toolbar.state();
    this.tick();
  }

  setThreshold(value, commit) {
    const next = Math.round(Math.min(0.99, Math.max(0.01, value)) * 100) / 100;
    if (next !== this.threshold) {
      this.threshold = next;
      this.arrived();
    }
    if (commit) this.commit();
  }

  toggleClass(label, alone) {
    const others = this.meta.classes.map((kind) => kind.label).filter((other) => other !== label);
    if (alone) this.hidden = new Set(others.every((other) => this.hidden.has(other)) ? [] : others);
    else if (!this.hidden.delete(label)) this.hidden.add(label);
    this.toolbar.state();
    this.bar.state();
    this.redraw();
  }

  setFocus(label) {
    this.focus = label;
    this.redraw();
  }

  setPalette(palette) {
    this.palette = palette;
    this.retheme();
  }

  // ear

  togglePlay() {
    if (this.player.playing) this.player.pause();
    else this.player.play();
  }

  playingChanged() {
    this.toolbar.state();
    this.tick();
  }

  listen(id, add = false) {
    this.mixer.listen(id, add);
    this.hear();
  }

  mute(id) {
    this.mixer.mute(id);
    this.hear();
  }

  hear() {
    this.player.setHeard(this.mixer.heard(this.meta.sources));
    this.toolbar.state();
  }

  /** key: as of a KeyboardEvent, digits as such also where Shift gives another sign. -> whether it is one of ours. */
  key(key, shift) {
    const step = shift ? this.meta.score_hop : 0.5;
    const actions = {
      " ": () => this.togglePlay(),
      ArrowLeft: () => this.seek(this.position() - step),
      ArrowRight: () => this.seek(this.position() + step),
      Home: () => this.seek(this.looping && this.region ? this.region.start : 0),
      End: () => this.seek(this.meta.duration),
      0: () => this.listen("mixture"),
      l: () => this.setLooping(!this.looping),
      Escape: () => this.whole(),
      x: () => this.switchTo(this.before),
    };
    const number = Number(key);
    if (number >= 1 && shift) this.switchTo(this.systems.names[number - 1]);
    else if (number >= 1 && number <= this.names.length) this.listen(`source${number}`);
    else if (actions[key.length === 1 ? key.toLowerCase() : key]) actions[key.length === 1 ? key.toLowerCase() : key]();
    else return false;
    return true;
  }

  dispose() {
    super.dispose();
    for (const drop of this.drop) drop();
    this.player.dispose();
  }
}
