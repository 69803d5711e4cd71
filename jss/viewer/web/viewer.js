// The viewer of one clip: its parts, and what pointer, keys, buttons and the page do to them.

import { attachKeys, attachLeaving, attachPointer, attachStepButtons, attachSteps } from "./input.js";
import { Menu } from "./menu.js";
import { Mixer } from "./mixer.js";
import { systemEventAt } from "./paint_compare.js";
import { eventAt } from "./paint_events.js";
import { Player } from "./player.js";
import { Reporter } from "./reporter.js";
import { Results } from "./results.js";
import { Screen } from "./screen.js";
import { isOn, save } from "./settings.js";
import { addSkipLink } from "./skip_link.js";
import { State } from "./state.js";
import { SystemsBar } from "./systems_bar.js";
import { Toolbar } from "./toolbar.js";

export class Viewer {
  /**
   * root: the element that holds the parts of viewer.html; host: the element that has the focus, as the
   * page sees it; scope: the document or shadow root that root is in.
   */
  constructor(root, host, scope) {
    this.root = root;
    this.clip = null; // of the page's last message
    this.wanted = this.previous = null; // systems: chosen now, and before
    this.turn = 0;
    this.autoplay = isOn("autoplay"); // whether the next clip is played at once
    this.stepping = false; // whether the next clip was asked for, and is not there yet
    this.stepped = ""; // what Previous and Next on the page step through, or ""
    this.named = {}; // choice -> its name in the page's address, where that is another
    this.state = new State();
    this.results = new Results(() => this.updateEvents());
    this.reporter = new Reporter(() => this.choices());
    this.mixer = new Mixer(isOn("match levels"));
    this.player = new Player(() => this.playingChanged());
    this.toolbar = new Toolbar(this, root);
    this.systemsBar = new SystemsBar(this, root);
    this.menu = new Menu(this, root);
    this.screen = new Screen(root, this.state, this.player, {
      laidOut: (layout) => {
        this.toolbar.placeRows(layout);
        this.systemsBar.update();
      },
      themed: (palette) => this.toolbar.updateTheme(palette),
      drawn: (position) => this.toolbar.showPosition(position),
    });
    this.screen.updateTheme();
    attachPointer(this, this.screen.plot);
    this.removeListeners = [attachKeys(this, host, scope), attachLeaving(this, host),
      attachSteps(this), attachStepButtons(this), () => this.menu.dispose(), addSkipLink(() => this.toolbar.play.focus())];
  }

  // page

  /**
   * A message of the page: another clip, system or threshold. send(name, value) reports to it. A message
   * from before our last report (data.acknowledged is older) brings its results, and changes no choice.
   * data.pending: why the result of the system is not there yet, or "".
   */
  update(data, send) {
    const { state } = this;
    this.reporter.send = (choices) => send("interaction", choices);
    this.stepped = data.stepped ?? "";
    this.named = data.named ?? {};
    this.requestMore = data.more ? (id) => send("more", id) : null;
    this.screen.updateTheme();
    const { threshold, shown: system, view, compare } = data;
    const anotherClip = data.clip !== this.clip;
    const takeOver = this.reporter.receive({ threshold, system, view, ...compare },
      data.acknowledged, anotherClip);
    if (takeOver("threshold")) state.threshold = threshold;
    if (takeOver("system")) this.wanted = system;
    if (anotherClip) this.span = view;
    state.compare = compare && Object.fromEntries(Object.keys(compare).map((name) =>
      [name, takeOver(name) ? compare[name] : state.compare[name]]));
    this.clip = data.clip;
    if (anotherClip) this.clear();
    this.results.update(data);
    this.systemsBar.rebuild();
    const result = this.results.get(this.wanted) ?? this.results.get(data.pending ? "" : system);
    if (!result) return this.setBusy(data.pending);
    if (result !== state.result) return this.open(result);
    this.setBusy("");
    this.updateEvents();
    return this.results.prefetch();
  }

  /** Nothing of the clip before stays visible or audible under the name of another. */
  clear() {
    this.turn += 1;
    this.reporter.cancel();
    this.player.pause();
    this.player.setTracks([], false);
    this.state.clear();
    this.screen.clear();
    this.toolbar.setEnabled(false);
    delete this.root.dataset.drawn;
  }

  /** Another clip has been chosen on the page. */
  leave() {
    this.clear();
    this.clip = null;
    this.setBusy("Loading");
  }

  /** reason: what the viewer waits for, in words; "" where it does not. */
  setBusy(reason) {
    if (reason) this.root.setAttribute("aria-busy", "true");
    else this.root.removeAttribute("aria-busy");
    this.toolbar.showPending(reason);
  }

  /** The choices that page and viewer share. */
  choices() {
    const { state } = this;
    const view = state.meta ? state.viewText : this.span;
    return { threshold: state.threshold, system: this.wanted, view, ...state.compare };
  }

  /** Display a result: at once where it is loaded, else its picture first, then its sound. */
  async open(result) {
    const turn = (this.turn += 1);
    if (result.loaded) {
      this.showPicture(result);
      this.useSound(result);
    } else if (!await this.load(result, turn)) return;
    this.setBusy("");
    if (this.stepping && this.autoplay && !this.sameClip) this.player.play();
    this.stepping = false;
    this.screen.drawNow();
    this.root.dataset.drawn = result.meta.id;
    this.requestMore?.(result.meta.id);
    this.results.prefetch();
  }

  /** -> whether all is loaded and displayed, and nothing else has been opened meanwhile. */
  async load(result, turn) {
    const succeeded = (loading) => loading.then(() => true, (error) => console.warn(error));
    this.setBusy("Loading");
    result.load();
    const [picture, sound] = [succeeded(result.pictureLoaded), succeeded(result.soundLoaded)];
    const hasPicture = await picture;
    if (turn !== this.turn) return false;
    if (hasPicture) {
      this.showPicture(result);
      this.screen.drawNow();
    }
    const hasSound = await sound;
    if (turn !== this.turn) return false;
    const complete = hasPicture && hasSound;
    if (complete) this.useSound(result);
    else {
      result.forget();
      this.setBusy("");
    }
    this.toolbar.showError(complete ? "" : "The server no longer has this clip. Reload the page.");
    return complete;
  }

  showPicture(result) {
    this.sameClip = this.state.display(result, this.span);
    if (!this.sameClip) {
      this.player.pause();
      this.player.seek(0);
      this.player.setLoop(null);
      this.mixer.volumes.clear();
    }
    this.state.decode(this.results.list());
    this.toolbar.showClip(result.meta);
    this.toolbar.setEnabled(true);
    this.systemsBar.update();
    this.screen.resize();
  }

  useSound(result) {
    this.player.levels = this.mixer.levels(result.tracks, this.results.allTracks);
    this.menu.showTracks(result.tracks);
    this.player.setTracks(result.tracks, this.sameClip);
    if (!this.sameClip) this.player.seek(this.state.view.start);
    this.updateMix();
    this.state.waveforms = result.waveforms;
    this.screen.redraw();
  }

  /** Another result has been loaded, or the threshold has moved. layout: whether panels may move. */
  updateEvents(layout = true) {
    if (!this.state.result) return;
    this.state.decode(this.results.list());
    this.updateButtons();
    if (layout) this.screen.updateLayout();
    else this.screen.redraw();
  }

  updateButtons() {
    this.toolbar.update();
    this.systemsBar.update();
  }

  // what is displayed

  setCursor(cursor) {
    this.state.cursor = cursor;
    this.screen.requestFrame();
  }

  setDrag(drag) {
    this.state.drag = drag;
    this.screen.requestFrame();
  }

  /** Levels of the spectrograms in dB: {range: from black to white, or null, gain: added}. */
  setLevel(level) {
    this.state.level = level;
    this.screen.updateTheme();
    this.menu.update();
  }

  /** Frequencies of the spectrograms in Hz: {low, high}. */
  setBand(band) {
    this.state.band = band;
    this.screen.redraw();
    this.menu.update();
  }

  /** The event under a point, {onset, offset, system or undefined}, or null. */
  eventUnder({ panel, time, y }) {
    if (panel?.kind === "systemEvents") return systemEventAt(this.state, panel, time, y);
    if (panel?.kind !== "events") return null;
    const of = panel.system && this.state.compared.find(({ name }) => name === panel.system);
    if (panel.system && !of) return null;
    return eventAt(of ? of.state : this.state, panel, time, y);
  }

  /** Loop an event and play it, where it stands in the clip. */
  loopEvent({ onset, offset }) {
    this.selectSpan({ start: onset, end: offset }, false);
    this.seek(onset);
    this.player.play();
  }

  /** Mark a span and loop it. zoom: look at it alone. */
  selectSpan(span, zoom) {
    if (span.end - span.start < 0.02) return;
    this.state.region = { ...span };
    this.setLooping(true);
    if (zoom) this.setView(span.start, span.end);
    const position = this.position();
    if (position < span.start || position > span.end) this.seek(span.start);
    this.reporter.schedule();
  }

  /** Mark a span, loop it, and look at it with as much again before and after it. */
  loopInContext(span) {
    this.selectSpan(span, false);
    const margin = Math.max(0.5, span.end - span.start);
    this.setView(span.start - margin, span.end + margin);
  }

  showWholeClip() {
    this.state.region = null;
    this.setLooping(false);
    this.setView(0, this.state.meta.duration);
    this.reporter.schedule();
  }

  setView(start, end) {
    this.state.setView(start, end);
    this.toolbar.update();
    this.screen.redraw();
  }

  zoom(factor, at) {
    const { start, end } = this.state.view;
    this.setView(at - (at - start) * factor, at + (end - at) * factor);
  }

  pan(seconds) {
    const { start, end } = this.state.view;
    this.setView(start + seconds, end + seconds);
  }

  /** report: false while the line is still being dragged; no panel moves under the pointer then. */
  setThreshold(value, report) {
    const next = value === "auto" ? value : Math.round(Math.min(0.99, Math.max(0.01, value)) * 100) / 100;
    if (next !== this.state.threshold) {
      this.state.threshold = next;
      this.updateEvents(false);
    }
    if (!report) return;
    this.screen.updateLayout();
    this.reporter.schedule();
  }

  toggleClass(label, alone) {
    this.state.toggleClass(label, alone);
    this.updateButtons();
    this.screen.updateLayout();
  }

  setFocus(label) {
    this.state.focus = label;
    this.screen.redraw();
  }

  /** Another system. The page is informed once the picture is drawn. */
  switchTo(name) {
    if (!name || name === this.wanted) return;
    const failure = this.state.compare && !this.results.get(name) && this.results.reasons[name];
    if (failure) { // the page offers to try again
      this.toolbar.announce(`${name}: ${failure}`);
      return;
    }
    this.previous = this.wanted;
    this.wanted = name;
    const result = this.results.get(name);
    if (result) this.open(result);
    else this.setBusy(`Analysing with ${name}`);
    this.systemsBar.update();
    this.toolbar.announce(result ? `Showing ${name}` : `Analysing the clip with ${name}`);
    this.reporter.schedule();
  }

  setLayout(layout) {
    this.state.compare.layout = layout;
    this.screen.updateLayout();
    this.systemsBar.update();
    this.reporter.schedule();
  }

  setBeside(beside) {
    this.state.compare.beside = beside;
    this.systemsBar.update();
    this.screen.updateLayout();
    this.reporter.schedule();
  }

  setAgainst(name) {
    this.state.compare.against = name;
    this.systemsBar.update();
    this.screen.redraw();
    this.reporter.schedule();
  }

  setSourcesAs(kind) {
    this.state.sourcesAs = kind;
    this.systemsBar.update();
    this.screen.updateTheme();
  }

  // what is played

  position() {
    return this.player.position();
  }

  seek(seconds) {
    this.player.seek(seconds);
    this.screen.requestFrame();
  }

  /** Whether a press on a panel plays it, and does not move the playhead. */
  canBePlayed(panel) {
    if (!panel?.track || (panel.system && !this.results.get(panel.system))) return false;
    const { audible } = this.player;
    const displayed = !panel.system || panel.system === this.wanted;
    return !(displayed && audible.size === 1 && audible.has(panel.track));
  }

  /**
   * An event is looped; a panel that can be played is played from where the playhead is; any other moves
   * the playhead.
   */
  press(point) {
    const { panel, time } = point;
    const event = this.eventUnder(point);
    if (event) {
      this.switchTo(panel.system ?? event.system);
      this.loopEvent(event);
      return;
    }
    const plays = this.canBePlayed(panel);
    if (panel?.system) this.switchTo(panel.system);
    if (!plays) {
      this.seek(time);
      return;
    }
    this.mixer.only(panel.track);
    this.updateMix();
    this.player.play();
  }

  setLooping(on) {
    const { state } = this;
    state.looping = on;
    this.player.setLoop(on ? state.region ?? { start: 0, end: state.meta.duration } : null);
    this.toolbar.update();
    this.screen.requestFrame();
  }

  togglePlay() {
    if (this.player.playing) this.player.pause();
    else this.player.play();
  }

  playingChanged() {
    this.toolbar.update();
    this.screen.requestFrame();
  }

  solo(id, add = false) {
    this.mixer.solo(id, add);
    this.updateMix();
  }

  mute(id) {
    this.mixer.mute(id);
    this.updateMix();
  }

  updateMix() {
    const { player, results, state } = this;
    player.setAudible(this.mixer.audible(state.meta.sources),
      this.mixer.levels(player.tracks, results.allTracks));
    this.toolbar.update();
  }

  setVolume(id, db) {
    this.mixer.volumes.set(id, db);
    this.updateMix();
  }

  /** Whether a source is as loud through every system. */
  setMatched(matched) {
    this.mixer.matched = matched;
    save("match levels", matched);
    this.updateMix();
  }

  /** Whether the next clip is played at once. */
  setAutoplay(on) {
    this.autoplay = on;
    save("autoplay", on);
  }

  // other clips

  get canStep() {
    return Boolean(this.stepped);
  }

  /** Ask the page for the next clip (1), or the one before (-1). Every step counts, however fast they come. */
  step(count) {
    if (!this.canStep) return;
    this.stepping = true;
    this.reporter.steps += count;
    this.reporter.flush();
  }

  /** The address of this view, also of what the page has not heard of yet. */
  link() {
    const address = new URL(location.href);
    const { threshold, ...choices } = this.choices();
    if (!this.canStep && location.protocol === "file:") return location.href;
    const written = { ...choices, threshold: threshold === "auto" ? threshold : threshold.toFixed(2) };
    for (const [choice, value] of Object.entries(written)) {
      const name = this.named[choice] ?? choice;
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    return address.href;
  }

  // keys

  /**
   * key: as of a KeyboardEvent, digits as such also where Shift gives another sign.
   * -> whether the viewer has a use for it.
   */
  pressKey(key, shift) {
    const { state } = this;
    const step = shift ? state.meta.score_hop : 0.5;
    const actions = {
      " ": () => this.togglePlay(),
      ArrowLeft: () => this.seek(this.position() - step),
      ArrowRight: () => this.seek(this.position() + step),
      Home: () => this.seek(state.looping && state.region ? state.region.start : 0),
      End: () => this.seek(state.meta.duration),
      0: () => this.solo("mixture"),
      l: () => this.setLooping(!state.looping),
      Escape: () => this.menu.close() || this.showWholeClip(),
      n: () => this.step(1),
      p: () => this.step(-1),
      x: () => this.switchTo(this.previous),
    };
    const number = Number(key);
    const action = actions[key.length === 1 ? key.toLowerCase() : key];
    if (number >= 1 && shift) this.switchTo(this.results.names[number - 1]);
    else if (number >= 1 && number <= state.sourceNames.length) this.solo(`source${number}`);
    else if (action) action();
    else return false;
    return true;
  }

  dispose() {
    this.turn += 1;
    for (const remove of this.removeListeners) remove();
    this.reporter.cancel();
    this.results.dispose();
    this.screen.dispose();
    this.player.dispose();
  }
}
