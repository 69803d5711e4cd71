// Which tracks are audible: the mixture; or the soloed ones; or, when one is muted, the other sources.

export class Mixer {
  constructor() {
    this.soloed = new Set();
    this.muted = new Set();
  }

  /** Solo a track; again: the mixture. add: together with those already soloed. */
  solo(id, add) {
    const before = this.soloed.has(id);
    if (!add) this.soloed.clear();
    if (id === "mixture") {
      this.soloed.clear();
      this.muted.clear();
    } else if (before) this.soloed.delete(id);
    else this.soloed.add(id);
  }

  /** Make one track alone audible. */
  only(id) {
    this.soloed = new Set(id === "mixture" ? [] : [id]);
    this.muted.clear();
  }

  mute(id) {
    if (!this.muted.delete(id)) this.muted.add(id);
    this.soloed.clear();
  }

  /** Identifiers of the audible tracks of a clip with so many sources. */
  audible(sources) {
    const all = Array.from({ length: sources }, (_, m) => `source${m + 1}`);
    const soloed = [...all, ...(sources ? ["residual"] : [])].filter((id) => this.soloed.has(id));
    if (soloed.length) return new Set(soloed);
    if (!all.some((id) => this.muted.has(id))) return new Set(["mixture"]);
    return new Set(all.filter((id) => !this.muted.has(id)));
  }
}
