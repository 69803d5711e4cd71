// What is shown: a clip through one system, or through several between which the hand switches. No drawing, no hands.

import { agreement, confusions, decode } from "./decode.js";
import { Screen } from "./screen.js";
import { Systems } from "./systems.js";

/** "2.00-4.50" -> what is seen of a clip; all of it where that is no span of it. */
function spanOf(text, duration) {
  const [start, end] = text.split("-").map(Number);
  return end - start >= 0.05 && start < duration ? { start, end: Math.min(end, duration) } : { start: 0, end: duration };
}

export class Shown extends Screen {
  constructor(root) {
    super(root);
    this.systems = new Systems(() => this.arrived());
    this.compare = null; // or {against: a system, beside: "scores" or "difference"}
    this.drawn = "mels"; // or "masks", where the system shown has them: how the sources are drawn
    this.rolls = []; // what every system at hand found: [{number, name, take, events, spans}]
    this.told = {}; // what the page knows of the hand
    this.stamp = 0; // of what the page was told last
    this.turn = 0;
  }

  /**
   * New data from the page: another clip, system or threshold. tell(name, value) says what the hand did. An answer from
   * before the hand's last word (data.heard is older than our stamp) brings what it has, and takes no choice back.
   */
  update(data, tell) {
    this.tell = tell;
    this.retheme();
    const other = data.clip !== this.clip;
    const late = !other && data.heard < this.stamp;
    const news = { threshold: data.threshold, system: data.shown, view: data.view, ...data.compare };
    const said = (name) => other || (!late && this.told[name] !== news[name]);
    if (said("threshold")) this.threshold = data.threshold;
    if (said("system")) this.wanted = data.shown;
    if (other) this.span = data.view;
    this.compare = data.compare && Object.fromEntries(
      Object.keys(data.compare).map((name) => [name, said(name) ? data.compare[name] : this.compare[name]]));
    if (!late) this.told = news;
    this.clip = data.clip;
    this.more = data.more;
    this.systems.offer(data);
    this.bar.offer();
    const take = this.systems.get(this.wanted) ?? this.systems.get(data.shown);
    if (take !== this.take) return this.open(take);
    this.arrived();
    return this.systems.ahead();
  }

  /** Show a system: at once where all of it is here. */
  async open(take) {
    const turn = (this.turn += 1);
    if (take.whole) {
      this.show(take);
      this.sound(take);
    } else {
      this.root.setAttribute("aria-busy", "true");
      take.load();
      const came = (files) => files.then(() => true, (error) => console.warn(error));
      const [picture, tracks] = [came(take.seen), came(take.heard)];
      const seen = await picture;
      if (turn !== this.turn) return;
      if (seen) {
        this.show(take);
        this.drawNow();
      }
      const heard = await tracks;
      if (turn !== this.turn) return;
      if (seen && heard) this.sound(take);
      else [take.seen, take.heard] = [undefined, undefined];
      this.toolbar.message(seen && heard ? "" : "The server no longer has this clip at hand: reload the page.");
      if (!(seen && heard)) {
        this.root.removeAttribute("aria-busy");
        return;
      }
    }
    this.root.removeAttribute("aria-busy");
    this.drawNow();
    this.root.dataset.drawn = take.meta.id;
    if (this.more) this.tell("more", take.meta.id);
    this.systems.ahead();
  }

  show(take) {
    const { meta } = take;
    this.sameClip = this.meta?.clip === meta.clip;
    Object.assign(this, { take, meta, picture: take.picture, waves: {} });
    this.truth = meta.truth && meta.truth.map(([onset, offset, k]) => ({ onset, offset, k }));
    if (!this.sameClip) { // by rule: a new clip starts at its beginning, whole, unless a link asks for a part of it
      this.player.pause();
      this.view = spanOf(this.span, meta.duration);
      this.player.seek(0);
      this.region = null;
      this.looping = false;
      this.player.setLoop(null);
    }
    this.detect();
    this.toolbar.show(meta);
    this.bar.state();
    this.resize();
  }

  sound(take) {
    this.player.setTracks(take.tracks, this.sameClip);
    if (!this.sameClip) this.player.seek(this.view.start);
    this.hear();
    this.waves = take.waves;
    this.redraw();
  }

  /** Another system has come, or the threshold has moved. */
  arrived() {
    if (!this.take) return;
    this.detect();
    this.toolbar.state();
    this.bar.state();
    if (this.compare) this.fit();
    else this.redraw();
  }

  detect() {
    const { meta } = this;
    const find = (take) => {
      const events = decode(take.picture.pooled, { hop: meta.score_hop, duration: meta.duration,
        threshold: this.threshold, median: meta.median });
      return { take, events, spans: this.truth && agreement(events, this.truth) };
    };
    const own = find(this.take);
    this.events = own.events;
    this.spans = own.spans ?? [];
    this.confused = confusions(this.spans);
    this.rolls = this.compare ? this.systems.drawable().filter(({ take }) => take.meta.clip === meta.clip)
      .map((one) => ({ ...one, ...(one.take === this.take ? own : find(one.take)) })) : [];
  }

  /** Names of the sources for which there is room: in a comparison those of the system that has most. */
  get names() {
    const all = this.compare ? this.rolls.map(({ take }) => take.meta.source_names) : [this.meta.source_names];
    return all.reduce((most, one) => (one.length > most.length ? one : most));
  }

  /** The span of time that is seen, as it stands in the address. */
  get viewed() {
    const { start, end } = this.view;
    return end - start > this.meta.duration - 1e-6 ? "" : `${start.toFixed(2)}-${end.toFixed(2)}`;
  }

  /** Whether masks are to be seen in place of the sources' spectrograms. */
  get masked() {
    return this.drawn === "masks" && this.picture.masks.length > 0;
  }

  /** Shown by hand. The page is told once the picture is there. */
  switchTo(name) {
    if (!name || name === this.wanted) return;
    this.before = this.wanted;
    this.wanted = name;
    const take = this.systems.get(name);
    if (take) this.open(take);
    else this.root.setAttribute("aria-busy", "true");
    this.bar.state();
    this.toolbar.say(take ? `Showing ${name}` : `${name} has to hear the clip first`);
    this.commit();
  }

  setBeside(beside) {
    this.compare.beside = beside;
    this.bar.state();
    this.fit();
    this.commit();
  }

  setDrawn(drawn) {
    this.drawn = drawn;
    this.bar.state();
    this.redraw();
  }

  setAgainst(name) {
    this.compare.against = name;
    this.bar.state();
    this.redraw();
    this.commit();
  }

  /** Tell the page what the hand chose, once it rests. */
  commit() {
    clearTimeout(this.pending);
    this.pending = setTimeout(() => this.report(), 150);
  }

  /** Tell the page at once: before the hand touches anything else there, which answers to what was chosen here. */
  report() {
    clearTimeout(this.pending);
    const now = { threshold: this.threshold, system: this.wanted, view: this.viewed, ...this.compare };
    if (Object.keys(now).every((name) => now[name] === this.told[name])) return;
    this.told = now;
    this.stamp = Math.max(Date.now(), this.stamp + 1);
    this.tell?.("hand", { ...now, stamp: this.stamp });
  }

  dispose() {
    clearTimeout(this.pending);
    this.turn += 1;
    this.systems.turn += 1;
    super.dispose();
  }
}
