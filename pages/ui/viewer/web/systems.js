// The systems of a clip that are at hand. Each is fetched ahead, so that a switch needs no server and no waiting.

import { envelope, loadPicture, loadSound } from "./assets.js";

/** One clip through one system: {meta, name, picture, tracks, waves}; the last three are null until they have come. */
class Take {
  constructor(meta) {
    this.meta = meta;
    this.name = meta.system;
    this.picture = this.tracks = this.waves = null;
  }

  /** Resolves when all that is seen, and then when all that is heard, is here. Asked for once. */
  load() {
    this.seen ??= loadPicture(this.meta).then((picture) => { this.picture = picture; });
    this.heard ??= loadSound(this.meta).then((tracks) => {
      const of = (id) => tracks.find((track) => track.id === id);
      this.tracks = tracks;
      this.waves = { mixture: envelope(of("mixture").buffer), residual: of("residual") && envelope(of("residual").buffer) };
    });
    return this;
  }

  get whole() {
    return Boolean(this.picture && this.tracks);
  }
}

export class Systems {
  /** changed: called whenever another system has come whole. */
  constructor(changed) {
    this.changed = changed;
    this.takes = new Map(); // name -> Take
    this.names = [];
    this.turn = 0;
  }

  /** What the page offers now. Takes whose files are the same stay as they are. */
  offer({ systems, names }) {
    const before = this.takes;
    this.names = names;
    this.takes = new Map(systems.map((meta) => {
      const was = before.get(meta.system);
      const same = was && was.meta.id === meta.id && was.meta.scores === meta.scores;
      if (same) was.meta = meta;
      return [meta.system, same ? was : new Take(meta)];
    }));
    this.turn += 1;
  }

  get(name) {
    return this.takes.get(name);
  }

  /** Those that can be drawn, in order, each with its number: [{number, name, take}]. */
  drawable() {
    return this.names.map((name, i) => ({ number: i + 1, name, take: this.takes.get(name) }))
      .filter(({ take }) => take?.picture);
  }

  /** Fetch the others, one after the other, while the browser has nothing else to do. */
  async ahead() {
    const { turn } = this;
    const rest = [...this.takes.values()].filter((take) => !take.whole);
    for (const take of rest) {
      await new Promise((idle) => (window.requestIdleCallback ?? setTimeout)(idle, { timeout: 500 }));
      if (turn !== this.turn) return;
      try {
        await take.load().seen;
        await take.heard;
      } catch (error) { // it is asked for again when it is wanted
        console.warn(error);
        take.seen = take.heard = undefined;
        continue;
      }
      if (turn !== this.turn) return;
      this.changed();
    }
  }
}
