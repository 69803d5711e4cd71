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

  /** Identifiers of what is heard of a clip with so many sources; choices of what it has not are kept for later. */
  heard(sources) {
    const all = Array.from({ length: sources }, (_, m) => `source${m + 1}`);
    const alone = [...all, ...(sources ? ["residual"] : [])].filter((id) => this.solo.has(id));
    if (alone.length) return new Set(alone);
    if (!all.some((id) => this.muted.has(id))) return new Set(["mixture"]);
    return new Set(all.filter((id) => !this.muted.has(id)));
  }
}
