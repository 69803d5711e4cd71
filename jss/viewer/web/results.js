// Results of a clip, one for each system, fetched ahead so that a switch needs no server.

import { envelope, loadPicture, loadSound, power } from "./assets.js";

const LOST = "The server no longer has this result. Reload the page.";

/** A clip through a system. picture, tracks and waveforms are null until they have been loaded. */
class Result {
  constructor(meta) {
    this.meta = meta;
    this.name = meta.system;
    this.picture = this.tracks = this.waveforms = null;
  }

  /** Fetch picture and sound, once: the promises pictureLoaded and soundLoaded. */
  load() {
    this.pictureLoaded ??= loadPicture(this.meta).then((picture) => { this.picture = picture; });
    this.soundLoaded ??= loadSound(this.meta).then((tracks) => {
      const buffer = (id) => tracks.find((track) => track.id === id)?.buffer;
      for (const track of tracks) track.power = power(track.buffer);
      this.tracks = tracks;
      this.waveforms = { mixture: envelope(buffer("mixture")),
        residual: buffer("residual") && envelope(buffer("residual")) };
    });
    return this;
  }

  /** After a failure: fetched again when it is next needed. */
  forget() {
    this.pictureLoaded = this.soundLoaded = undefined;
  }

  get loaded() {
    return Boolean(this.picture && this.tracks);
  }
}

export class Results {
  /** changed: called whenever another result has been loaded. */
  constructor(changed) {
    this.changed = changed;
    this.bySystem = new Map(); // name -> Result
    this.names = []; // of all systems that can be chosen, in order
    this.printed = {}; // name -> what the paper calls it, or null
    this.reasons = {}; // name -> why its result could not be loaded, in words
    this.turn = 0;
  }

  /** What the page offers now. Results whose files are the same stay as they are. */
  update({ systems, names, printed, reasons }) {
    const before = this.bySystem;
    this.names = names;
    this.printed = printed;
    this.reasons = { ...reasons };
    this.bySystem = new Map(systems.map((meta) => {
      const known = before.get(meta.system);
      const same = known && known.meta.id === meta.id && known.meta.scores === meta.scores;
      if (same) known.meta = meta;
      return [meta.system, same ? known : new Result(meta)];
    }));
    this.turn += 1;
  }

  /** The tracks of every system whose sound is loaded. */
  get allTracks() {
    return [...this.bySystem.values()].map(({ tracks }) => tracks).filter(Boolean);
  }

  get(name) {
    return this.bySystem.get(name);
  }

  /** All systems in order: [{number, name, result, missing: why it cannot be drawn, or ""}]. */
  list() {
    return this.names.map((name, i) => {
      const result = this.get(name);
      const missing = result?.picture ? "" : this.reasons[name] ?? (result ? "Loading" : "Not analysed yet");
      return { number: i + 1, name, result, missing };
    });
  }

  /** Fetch the others, one after the other, while the browser is idle. */
  async prefetch() {
    const { turn } = this;
    const idle = (done) => (window.requestIdleCallback ?? setTimeout)(done, { timeout: 500 });
    for (const result of [...this.bySystem.values()].filter((one) => !one.loaded)) {
      await new Promise(idle);
      if (turn !== this.turn) return;
      try {
        await Promise.all([result.load().pictureLoaded, result.soundLoaded]);
      } catch (error) {
        if (turn !== this.turn) return; // the files of a clip that is no longer shown are gone
        console.warn(error);
        result.forget();
        this.reasons[result.name] = LOST;
        this.changed();
        continue;
      }
      if (turn !== this.turn) return;
      this.changed();
    }
  }

  dispose() {
    this.turn += 1;
  }
}
