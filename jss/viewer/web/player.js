// One Web Audio context for the page. All tracks of a clip run in step; gains decide which are audible.

const RATE = 16000;
let shared = null;

function context() {
  shared ??= new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
  return shared;
}

export class Player {
  /** changed: called when playing starts or stops. */
  constructor(changed) {
    this.changed = changed;
    this.tracks = [];
    this.nodes = null;
    this.offset = 0;
    this.loop = null; // {start, end} in seconds
    this.audible = new Set(["mixture"]);
    this.levels = new Map(); // identifier -> linear gain; 1 where it is not there
    this.analyser = null;
    this.others = ({ detail }) => { if (detail !== this) this.pause(); };
    window.addEventListener("jss-play", this.others);
  }

  get playing() {
    return this.nodes !== null;
  }

  get duration() {
    return this.tracks.length ? this.tracks[0].buffer.duration : 0;
  }

  /** Another clip or system. keep: the position, and whether it plays, stay: one goes over into the other. */
  setTracks(tracks, keep) {
    const old = this.nodes;
    if (old && keep) {
      const when = context().currentTime + 0.02;
      const offset = this.wrapped(this.offset + when - this.startedAt);
      old[0].source.onended = null;
      for (const { source, gain } of old) {
        gain.gain.setTargetAtTime(0, when, 0.004);
        source.stop(when + 0.05);
      }
      this.tracks = tracks;
      this.startNodes(when, Math.min(offset, this.duration - 0.005));
      return;
    }
    const at = this.position();
    this.stopNodes();
    this.tracks = tracks;
    this.offset = keep ? Math.min(at, this.duration) : 0;
    if (old) this.changed();
  }

  /** The position in seconds that is coming out of the loudspeaker now. */
  position() {
    if (!this.playing) return this.offset;
    const audio = context();
    const stamp = audio.getOutputTimestamp?.();
    let now = audio.currentTime - (audio.baseLatency || 0);
    if (stamp?.contextTime > 0) {
      now = Math.min(audio.currentTime, stamp.contextTime + (performance.now() - stamp.performanceTime) / 1000);
    }
    return this.wrapped(this.offset + Math.max(0, now - this.startedAt));
  }

  /** A position that the loop, where there is one, brings back. */
  wrapped(at) {
    const loop = this.running;
    if (loop && at >= loop.end) return loop.start + ((at - loop.start) % (loop.end - loop.start));
    return Math.min(at, this.duration);
  }

  async play() {
    if (this.playing || !this.tracks.length) return;
    await context().resume();
    if (this.playing) return;
    window.dispatchEvent(new CustomEvent("jss-play", { detail: this })); // one player at a time
    this.start();
  }

  pause() {
    if (!this.playing) return;
    this.offset = this.position();
    this.stopNodes();
    this.changed();
  }

  seek(seconds) {
    const playing = this.playing;
    this.stopNodes();
    this.offset = Math.min(Math.max(0, seconds), this.duration);
    if (playing) this.start();
  }

  setLoop(loop) {
    const at = this.position();
    this.loop = loop && loop.end - loop.start > 0.02 ? loop : null;
    if (this.playing) this.seek(at);
  }

  /** How loud a track is. */
  level(id) {
    return this.audible.has(id) ? this.levels.get(id) ?? 1 : 0;
  }

  /**
   * audible: identifiers of the tracks to be played together; levels: identifier -> linear gain. The
   * position goes on.
   */
  setAudible(audible, levels) {
    this.audible = audible;
    this.levels = levels;
    if (!this.nodes) return;
    // Tracks that have yet to start hold a level for that moment, which would outlast an earlier one.
    const when = Math.max(context().currentTime, this.startedAt);
    for (const { id, gain } of this.nodes) {
      gain.gain.cancelScheduledValues(when);
      gain.gain.setTargetAtTime(this.level(id), when, 0.004);
    }
  }

  start() {
    const audio = context();
    if (!this.analyser) {
      this.analyser = audio.createAnalyser();
      this.analyser.fftSize = 32768;
      this.analyser.connect(audio.destination);
    }
    const loop = this.loop;
    if (loop && (this.offset < loop.start || this.offset >= loop.end - 0.005)) this.offset = loop.start;
    if (this.offset >= this.duration - 0.005) this.offset = loop ? loop.start : 0;
    this.running = loop;
    this.startNodes(audio.currentTime + 0.01, this.offset);
    this.changed();
  }

  /** All tracks from an offset on, at a time of the audio clock. */
  startNodes(when, offset) {
    const [audio, loop] = [context(), this.running];
    [this.startedAt, this.offset] = [when, offset];
    this.nodes = this.tracks.map(({ id, buffer }) => {
      const [source, gain] = [audio.createBufferSource(), audio.createGain()];
      source.buffer = buffer;
      gain.gain.value = 0;
      gain.gain.setTargetAtTime(this.level(id), when, 0.002);
      if (loop) [source.loop, source.loopStart, source.loopEnd] = [true, loop.start, loop.end];
      source.connect(gain).connect(this.analyser);
      source.start(when, offset);
      return { id, source, gain };
    });
    const nodes = this.nodes;
    nodes[0].source.onended = () => {
      if (this.nodes !== nodes) return;
      this.stopNodes();
      this.offset = this.duration;
      this.changed();
    };
  }

  stopNodes() {
    for (const { source, gain } of this.nodes ?? []) {
      source.onended = null;
      source.stop();
      gain.disconnect();
    }
    this.nodes = null;
  }

  dispose() {
    window.removeEventListener("jss-play", this.others);
    this.stopNodes();
    this.analyser?.disconnect();
  }
}
