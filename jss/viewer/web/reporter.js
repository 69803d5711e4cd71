// The choices that page and viewer share (threshold, system, visible span, comparison): what the page
// has set, and what is reported to it. Both sides may change them at the same moment.

/** Reports wait so long for the next change, in ms. */
const DELAY = 150;

export class Reporter {
  /** current: a function that returns the choices as they are in the viewer, by name. */
  constructor(current) {
    this.current = current;
    this.send = null; // (choices) => ..., given by the page
    this.reported = {}; // what the page knows
    this.stamp = 0; // of the last report
    this.viewer = `${Math.random()}`; // from which the page knows that the count below begins again
    this.steps = this.reportedSteps = 0; // to the next clip (up) and to the one before (down), in all
  }

  /**
   * The page's choices. acknowledged: the stamp of the last report that the page had received.
   * -> a function that says of a name whether the viewer has to take the page's value over. It has not
   * where the page's answer is older than our last report, unless everything is new (another clip).
   */
  receive(choices, acknowledged, everything) {
    const late = !everything && acknowledged < this.stamp;
    const before = this.reported;
    if (!late) this.reported = choices;
    return (name) => everything || (!late && before[name] !== choices[name]);
  }

  /** Report what has changed, soon. */
  schedule() {
    this.cancel();
    this.pending = setTimeout(() => this.flush(), DELAY);
  }

  /** Report what has changed, now. */
  flush() {
    this.cancel();
    const choices = this.current();
    const same = Object.keys(choices).every((name) => choices[name] === this.reported[name]);
    if (same && this.steps === this.reportedSteps) return;
    this.reported = choices;
    this.reportedSteps = this.steps;
    this.stamp = Math.max(Date.now(), this.stamp + 1);
    this.send?.({ ...choices, stamp: this.stamp, viewer: this.viewer, steps: this.steps });
  }

  /** Drop what is scheduled. */
  cancel() {
    clearTimeout(this.pending);
  }
}
