// Which tracks are audible: the mixture; or the soloed ones; or, when one is muted, the other sources.
// And how loud each one is.

/** Matching changes no level by more than this factor. */
const MOST = 10;

export class Mixer {
  /** matched: whether a source is as loud through every system. */
  constructor(matched) {
    this.soloed = new Set();
    this.muted = new Set();
    this.volumes = new Map(); // identifier of a track -> dB
    this.matched = matched;
  }

  /**
   * Identifier -> linear gain of the tracks of one system. all: the tracks of every system loaded; matched,
   * each track has the mean power that it has in them.
   */
  levels(tracks, all) {
    const powers = (id) => all.map((some) => some.find((track) => track.id === id)?.power)
      .filter((power) => power > 0);
    return new Map(tracks.map(({ id, power }) => {
      const known = powers(id);
      const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
      const factor = this.matched && power > 0 ? Math.sqrt(mean / power) : 1;
      const limited = Math.min(MOST, Math.max(1 / MOST, factor));
      return [id, limited * 10 ** ((this.volumes.get(id) ?? 0) / 20)];
    }));
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
