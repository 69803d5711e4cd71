// Which tracks are heard: the mixture; or those that are alone; or, when one is muted, the other sources.

export class Mixer {
  constructor() {
    this.solo = new Set();
    this.muted = new Set();
  }

  clear() {
    this.solo.clear();
    this.muted.clear();
  }

  /** Hear one track alone; again: the mixture. add: together with those already alone. */
  listen(id, add) {
    const was = this.solo.has(id);
    if (!add) this.solo.clear();
    if (id === "mixture") this.clear();
    else if (was) this.solo.delete(id);
    else this.solo.add(id);
  }

  mute(id) {
    if (!this.muted.delete(id)) this.muted.add(id);
    this.solo.clear();
  }

  /** Identifiers of what is heard, of a clip with so many sources. */
  heard(sources) {
    if (this.solo.size) return new Set(this.solo);
    if (!this.muted.size) return new Set(["mixture"]);
    const all = Array.from({ length: sources }, (_, m) => `source${m + 1}`);
    return new Set(all.filter((id) => !this.muted.has(id)));
  }
}
