// The viewer of one clip: what is shown and heard, and what hand and keys do to it.

import { envelope, loadPicture, loadSound } from "./assets.js";
import { agreement, decode } from "./decode.js";
import { attachKeys, attachPointer } from "./input.js";
import { Mixer } from "./mixer.js";
import { Player } from "./player.js";
import { Screen } from "./screen.js";
import { Toolbar } from "./toolbar.js";

export class Viewer extends Screen {
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
    attachPointer(this, this.plot);
    this.dropKeys = attachKeys(this, host, scope);
    this.retheme();
  }

  /** New data from the page: another clip, system or threshold. send(value) tells the page a threshold. */
  async update(data, send) {
    this.send = send;
    this.retheme();
    if (this.meta?.id === data.id) {
      this.meta = data;
      if (data.threshold !== this.told) this.setThreshold(data.threshold, false);
      this.told = data.threshold;
      return;
    }
    const turn = (this.turn = (this.turn ?? 0) + 1);
    this.root.setAttribute("aria-busy", "true");
    const orNothing = (files) => files.catch((error) => console.warn(error));
    const coming = [orNothing(loadPicture(data)), orNothing(loadSound(data))];
    const picture = await coming[0];
    if (turn !== this.turn) return;
    if (picture) this.show(data, picture);
    const tracks = await coming[1];
    if (turn !== this.turn) return;
    if (picture && tracks) this.sound(tracks);
    this.root.removeAttribute("aria-busy");
    this.toolbar.message(picture && tracks ? "" : "The server no longer has this clip at hand: reload the page.");
    if (picture && tracks) this.root.dataset.drawn = data.id;
  }

  show(meta, picture) {
    this.sameClip = this.meta?.clip === meta.clip;
    const sources = this.meta?.sources;
    Object.assign(this, { meta, picture, threshold: meta.threshold, told: meta.threshold });
    this.truth = meta.truth && meta.truth.map(([onset, offset, k]) => ({ onset, offset, k }));
    if (!this.sameClip) { // by rule: a new clip starts at its beginning, whole
      this.player.pause();
      this.player.seek(0);
      this.view = { start: 0, end: meta.duration };
      this.region = null;
      this.looping = false;
      this.player.setLoop(null);
    }
    if (sources !== meta.sources) this.mixer.clear();
    this.waves = {};
    this.detect();
    this.toolbar.show(meta);
    this.resize();
  }

  sound(tracks) {
    this.player.setTracks(tracks, this.sameClip);
    this.hear();
    const of = (id) => tracks.find((track) => track.id === id);
    this.waves = { mixture: envelope(of("mixture").buffer), residual: of("residual") && envelope(of("residual").buffer) };
    this.redraw();
  }

  detect() {
    const { meta } = this;
    this.events = decode(this.picture.pooled, { hop: meta.score_hop, duration: meta.duration, threshold: this.threshold,
      median: meta.median });
    this.spans = this.truth ? agreement(this.events, this.truth) : [];
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
  }

  whole() {
    this.region = null;
    this.setLooping(false);
    this.setView(0, this.meta.duration);
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
      this.detect();
      this.toolbar.state();
      this.redraw();
    }
    if (commit) this.commitThreshold();
  }

  /** Tell the page, once the hand rests. */
  commitThreshold() {
    clearTimeout(this.pending);
    this.pending = setTimeout(() => {
      if (this.threshold === this.told) return;
      this.told = this.threshold;
      this.send?.(this.threshold);
    }, 150);
  }

  toggleClass(label, alone) {
    const others = this.meta.classes.map((kind) => kind.label).filter((other) => other !== label);
    if (alone) this.hidden = new Set(others.every((other) => this.hidden.has(other)) ? [] : others);
    else if (!this.hidden.delete(label)) this.hidden.add(label);
    this.toolbar.state();
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
    };
    const number = Number(key);
    if (number >= 1 && number <= this.meta.sources) this.listen(`source${number}`);
    else if (actions[key.length === 1 ? key.toLowerCase() : key]) actions[key.length === 1 ? key.toLowerCase() : key]();
    else return false;
    return true;
  }

  dispose() {
    this.turn = (this.turn ?? 0) + 1;
    super.dispose();
    this.dropKeys();
    this.player.dispose();
  }
}
