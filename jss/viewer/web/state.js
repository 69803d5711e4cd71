// What is displayed: a clip through one system, or through several. Plain values and what follows
// from them: no drawing, no sound, no page.

import { agreement, confusions, decode, removedRuns } from "./decode.js";
import { WHOLE_BAND } from "./layout.js";

/** Shortest span of time that can be looked at, in seconds. */
const SHORTEST = 0.2;
/** Threshold where there is no other. */
const DEFAULT = 0.5;

/** "2.00-4.50" -> the span of a clip to look at; the whole clip where the text is no span of it. */
function parseSpan(text, duration) {
  const [start, end] = text.split("-").map(Number);
  const valid = end - start >= 0.05 && start < duration;
  return valid ? { start, end: Math.min(end, duration) } : { start: 0, end: duration };
}

export class State {
  constructor() {
    this.clear();
    // null, or {layout: "columns" or "stacked", against: a system, beside: "scores" or "difference"}
    this.compare = null;
    this.sourcesAs = "mels"; // or "masks", where the system has them

    this.threshold = "auto"; // or a number for all classes
    this.view = null; // {start, end} in seconds: the span of time that is visible
    this.region = null; // {start, end} in seconds: the span that is marked and looped
    this.looping = false;
    this.level = { range: null, gain: 0 }; // dB of the spectrograms: from black to white, and added
    this.band = WHOLE_BAND; // Hz of the spectrograms: {low, high}
    this.hidden = new Set(); // labels of the classes that are switched off
    this.focus = null; // the label of the class that is emphasised
    this.cursor = this.drag = null;
    this.overThreshold = false;
  }

  /** Nothing is displayed. */
  clear() {
    this.meta = null; // of the result displayed: names, durations, classes
    this.result = null; // see results.js
    this.picture = null;
    this.waveforms = {};
    this.truth = null; // [{onset, offset, k}], seconds and class, or null where there is none
    this.events = []; // decoded at the threshold: [{onset, offset, k}]
    this.spans = []; // events against the truth: [{onset, offset, k, kind}]
    this.confusions = [];
    this.removedRuns = []; // by the median filter: [{onset, offset, k}]
    this.systems = []; // all that can be chosen: [{number, name, missing: why there is no result, or ""}]
    this.compared = []; // every system loaded: [{number, name, result, events, spans, state}]
  }

  /** Display a result. span: of a new clip, "" for all of it. -> whether it is of the same clip. */
  display(result, span) {
    const { meta } = result;
    const sameClip = this.meta?.clip === meta.clip;
    Object.assign(this, { result, meta, picture: result.picture, waveforms: {} });
    this.truth = meta.truth && meta.truth.map(([onset, offset, k]) => ({ onset, offset, k }));
    if (!sameClip) { // a new clip starts at its beginning, whole, unless a link asks for a part
      this.view = parseSpan(span, meta.duration);
      this.region = null;
      this.looping = false;
    }
    return sameClip;
  }

  /** Decode the events at the threshold. systems: see Results.list. */
  decode(systems) {
    const { meta } = this;
    const decoded = (result) => {
      const picture = this.renumbered(result);
      const options = { hop: meta.score_hop, duration: meta.duration, ...this.decoder(result.meta) };
      const events = decode(picture.pooled, options);
      return { result, picture, events, spans: this.truth && agreement(events, this.truth),
        removedRuns: removedRuns(picture.pooled, options) };
    };
    const displayed = decoded(this.result);
    this.events = displayed.events;
    this.spans = displayed.spans ?? [];
    this.confusions = confusions(this.spans);
    this.removedRuns = displayed.removedRuns;
    this.systems = systems;
    const loaded = systems.filter(({ result }) => result?.picture && result.meta.clip === meta.clip);
    this.compared = !this.compare ? [] : loaded.map((one) => {
      const all = one.result === this.result ? displayed : decoded(one.result);
      return { ...one, ...all, state: this.through(all) };
    });
  }

  /** Threshold and length of the median filter of a system: numbers, or arrays of the classes displayed. */
  decoder({ operating }) {
    const { classes, n_scored: scored, median } = this.meta;
    if (!operating || this.threshold !== "auto") return { threshold: this.line, median };
    const points = classes.slice(0, scored).map(({ label }) => operating[label] ?? [DEFAULT, median]);
    return { threshold: points.map(([threshold]) => threshold), median: points.map(([, frames]) => frames) };
  }

  /** Whether each class of the system displayed has a threshold of its own. */
  get byClass() {
    return this.threshold === "auto" && Boolean(this.meta?.operating);
  }

  /** Where the threshold's line is: with thresholds by class, that of the class in focus, or at 0.5. */
  get line() {
    if (this.byClass) return this.meta.operating[this.focus]?.[0] ?? DEFAULT;
    return this.threshold === "auto" ? DEFAULT : this.threshold;
  }

  /** The threshold in words. */
  get thresholdText() {
    return this.byClass ? "auto" : this.line.toFixed(2);
  }

  /** Length of the median filter of a class in frames. */
  medianOf(k) {
    const { median } = this.decoder(this.meta);
    return Array.isArray(median) ? median[k] : median;
  }

  /** The picture of a result, its classes numbered as those of the system displayed. */
  renumbered({ meta: { classes, n_scored: scored, frames }, picture }) {
    const numbers = new Map(classes.slice(0, scored).map(({ label }, k) => [label, k]));
    const own = this.meta.classes.slice(0, this.meta.n_scored).map(({ label }) => numbers.get(label));
    if (own.length === scored && own.every((number, k) => number === k)) return picture;
    const none = new Uint8Array(frames); // scores of a class that the other system does not have
    const rows = (all) => own.map((number) => all[number] ?? none);
    return { ...picture, pooled: rows(picture.pooled), bySource: picture.bySource.map(rows),
      winners: picture.winners.length ? rows(picture.winners) : [] };
  }

  /** This state, but with another result displayed: what the panels of its column show. */
  through({ result, picture, events, spans, removedRuns }) {
    const { classes, n_scored } = this.meta;
    return Object.assign(
      Object.create(this, { waveforms: { get: () => result.waveforms ?? {} } }),
      { result, meta: { ...result.meta, classes, n_scored }, picture, events, spans: spans ?? [],
        removedRuns });
  }

  /** Visible classes with an event in the truth or in any system compared, in order. */
  get sharedClasses() {
    const all = [...(this.truth ?? []), ...this.compared.flatMap(({ events }) => events)];
    return [...new Set(all.map((event) => event.k))].filter((k) => this.isVisible(k))
      .sort((a, b) => a - b);
  }

  /** Names of the rows of sources: in a comparison those of the system that has most. */
  get sourceNames() {
    if (!this.compare) return this.meta.source_names;
    const all = this.compared.map(({ result }) => result.meta.source_names);
    return all.reduce((most, names) => (names.length > most.length ? names : most));
  }

  /** Whether masks are displayed in place of the sources' spectrograms. */
  get masked() {
    return this.sourcesAs === "masks" && this.picture.masks.length > 0;
  }

  /** Levels of black and of white in dB. */
  get shownDb() {
    const [low, high] = this.meta.shown_db;
    const { range, gain } = this.level;
    return [high - (range ?? high - low) - gain, high - gain];
  }

  isVisible(k) {
    return !this.hidden.has(this.meta.classes[k].label);
  }

  /** Hide or show a class; alone: show it alone, or all again. */
  toggleClass(label, alone) {
    const others = this.meta.classes.map((kind) => kind.label).filter((other) => other !== label);
    if (alone) this.hidden = new Set(others.every((other) => this.hidden.has(other)) ? [] : others);
    else if (!this.hidden.delete(label)) this.hidden.add(label);
  }

  /** Seconds of one kind ("hit", "miss" or "false alarm") in spans of visible classes. */
  total(kind, spans = this.spans) {
    return spans.filter((span) => span.kind === kind && this.isVisible(span.k))
      .reduce((sum, span) => sum + span.offset - span.onset, 0);
  }

  /** Runs of visible classes above the threshold that the median filter removed. */
  get removed() {
    return this.removedRuns.filter(({ k }) => this.isVisible(k));
  }

  /** The median filter in words. */
  get filterText() {
    if (this.byClass) return "that of the class";
    return `${Math.round(1000 * this.meta.median * this.meta.score_hop)} ms`;
  }

  setView(start, end) {
    const { duration } = this.meta;
    const length = Math.min(duration, Math.max(end - start, Math.min(SHORTEST, duration)));
    const from = Math.min(Math.max(0, start), duration - length);
    this.view = { start: from, end: from + length };
  }

  get zoomedIn() {
    return this.view.end - this.view.start < this.meta.duration - 1e-6;
  }

  /** The visible span as it is written in the address: "" for the whole clip. */
  get viewText() {
    const { start, end } = this.view;
    return this.zoomedIn ? `${start.toFixed(2)}-${end.toFixed(2)}` : "";
  }

  /** The next page of time where a position has left the visible span. -> whether it had. */
  follow(position) {
    const { start, end } = this.view;
    if (position >= start && position <= end) return false;
    this.setView(position, position + end - start);
    return true;
  }
}
