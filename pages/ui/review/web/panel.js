// The events of one clip and the keys that judge them. The panel goes on by itself; the page stores.

/** Keys of the classes, in their order. */
const CLASS_KEYS = "1234567890qwertyuiopasdfghjklzxcvbnm";
const KEYS = { a: "accept", d: "reject", w: "relabel", s: "start", e: "end", t: "trim", u: "unsure",
  m: "missed", z: "undo", n: "next", p: "previous", Enter: "done" };
const DOUBTS = { reject: "rejected", unsure: "unsure" };
/** The verdict on an event that is neither rejected nor unsure, by what was corrected, as in
 * jss/review/acting.py. */
const verdict = ({ detected, label, onset, offset }) => {
  if (!detected) return "missed";
  if (label !== detected.label) return "relabelled";
  return onset !== detected.onset || offset !== detected.offset ? "trimmed" : "accepted";
};
/** Seconds that are heard before and after an event, and that are seen. */
const HEARD = 0.3;
const SEEN = 1.5;
const isTextField = (element) => element?.matches?.("textarea, select, [contenteditable=true], "
  + "input:not([type=range], [type=checkbox], [type=radio], [type=button], [type=file])");

export class Panel {
  constructor(root, host) {
    this.root = root;
    this.host = host;
    this.clip = null;
    this.name = `${Date.now()}.${Math.random()}`; // of this panel
    this.number = 0; // of the last action
    this.pending = []; // actions that the page has not stored yet
    this.events = [];
    this.at = 0; // the event that is judged
    this.start = null; // seconds: where it starts, pressed before it was judged
    this.choosing = null; // "relabel" or "missed": waits for a class
    this.used = false; // whether a key or button was used: sound may start by itself
    this.part = (name) => root.querySelector(`.${name}`);
    this.removal = new AbortController();
    const { signal } = this.removal;
    // Before the keys of the viewer.
    window.addEventListener("keydown", (event) => this.keydown(event), { capture: true, signal });
    this.part("keys").addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) this.act(button.dataset.do);
    });
    this.part("events").addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) this.select(Number(button.dataset.at));
    });
    this.part("classes").addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) this.choose(this.classes[Number(button.dataset.at)] ?? null);
    });
  }

  dispose() {
    this.removal.abort();
    clearTimeout(this.waiting);
  }

  /** A message of the page. send(actions) reports those that it has not acknowledged. */
  update(data, send) {
    this.send = send;
    this.classes = data.classes;
    this.number = Math.max(this.number, data.acknowledged);
    this.pending = this.pending.filter(({ n }) => n > data.acknowledged);
    const another = data.clip.name !== this.clip?.name;
    const current = this.events[this.at]?.key;
    const isUndone = data.undone.n > (this.undone ?? data.undone.n);
    this.clip = data.clip;
    this.events = data.events.map((event) => ({ ...event }));
    for (const action of this.pending) this.apply(action);
    if (another) {
      this.choosing = this.start = null;
      this.leaving = false;
      this.say("");
      this.at = this.firstOpen();
      this.focus();
    } else {
      const kept = this.events.findIndex(({ key }) => key === current);
      if (!this.pending.length) this.leaving = false;
      const undone = this.events.findIndex(({ key }) => key === data.undone.event);
      if (undone >= 0 && isUndone) this.select(undone);
      else this.at = kept >= 0 ? kept : this.firstOpen();
    }
    if (isUndone) {
      this.say(data.undone.event ? "Your last judgement is undone." : "There is nothing to undo since this page was opened.");
    }
    this.undone = data.undone.n;
    this.draw();
  }

  /** The first event that is not judged, from one on; the number of events where there is none. */
  firstOpen(from = 0) {
    const open = (event) => !event.verdict;
    const later = this.events.findIndex((event, at) => at >= from && open(event));
    const any = later >= 0 ? later : this.events.findIndex(open);
    return any >= 0 ? any : this.events.length;
  }

  get event() {
    return this.events[this.at] ?? null;
  }

  get viewer() {
    const hosts = [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")];
    return hosts.map((one) => one.viewer).find(Boolean) ?? null;
  }

  /** The viewer, where it has drawn this clip. */
  get drawn() {
    const { viewer } = this;
    return viewer?.clip === this.clip?.name && viewer?.root.dataset.drawn ? viewer : null;
  }

  // keys

  keydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.repeat) return;
    const focused = event.composedPath()[0];
    if (isTextField(focused)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "Enter" && focused?.closest?.("button, a, summary, [role=button], [role=tab]")) return;
    const action = this.choosing ? this.chosen(key) : KEYS[key] && (() => this.act(KEYS[key]));
    if (!action) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    action();
  }

  /** What a key does while a class is to be chosen. */
  chosen(key) {
    const at = CLASS_KEYS.indexOf(key);
    if (key === "Escape") return () => this.choose(null);
    return key.length === 1 && at >= 0 && at < this.classes.length
      ? () => this.choose(this.classes[at]) : null;
  }

  // judgements

  act(name) {
    this.used = true;
    if (this.leaving) return;
    const { event, drawn } = this;
    const position = drawn?.position() ?? null;
    if (name === "next" || name === "previous") {
      this.select(this.at + (name === "next" ? 1 : -1));
    } else if (name === "missed") this.ask(this.choosing === "missed" ? null : "missed");
    else if (name === "undo") this.undo();
    else if (name === "done") this.done();
    else if (!event) this.say("All events of this clip are judged: press Enter, or P to go back.");
    else if (name === "relabel") this.ask(this.choosing === "relabel" ? null : "relabel");
    else if (name === "start") {
      if (position === null) return;
      if (position >= event.offset) this.say("The playhead is after the end of the event.");
      else {
        this.start = position;
        this.draw();
        this.say("Starts here: A accepts it, E ends it at the playhead.");
      }
    } else if (name === "end") {
      const onset = this.start ?? event.onset;
      if (position === null) return;
      if (position <= onset) this.say("The playhead is before the start of the event.");
      else this.judge({ kind: "trim", onset, offset: position });
    } else if (name === "trim") {
      const span = this.marked;
      if (!span) this.say("Mark a span first: drag over the viewer.");
      else this.judge({ kind: "trim", onset: span.start, offset: span.end });
    } else if (name === "accept" && this.start !== null) {
      this.judge({ kind: "trim", onset: this.start, offset: event.offset });
    } else this.judge({ kind: name });
  }

  /** The span that the user marked in the viewer, if it is not the one that the panel marked. */
  get marked() {
    const region = this.drawn?.state.region;
    const given = this.given;
    return region && !(given && region.start === given.start && region.end === given.end) ? region : null;
  }

  judge(action) {
    const at = this.at;
    this.report({ ...action, event: this.event.key });
    this.start = null;
    this.select(this.firstOpen(at + 1));
  }

  /** Wait for a class, or no more. */
  ask(what) {
    this.choosing = what;
    this.draw();
    if (what) this.say(what === "missed" ? "Which class is the missed event?" : "Which class is it?");
  }

  /** A class has been chosen, or null: none. */
  choose(one) {
    const { choosing, drawn } = this;
    this.choosing = null;
    this.say("");
    if (!one) {
      this.draw();
      return;
    }
    const { label } = one;
    if (choosing === "relabel") {
      this.judge({ kind: "relabel", label });
      return;
    }
    if (!drawn) { // then there is no playhead
      this.say("Nothing is added: the clip is not drawn yet.");
      this.draw();
      return;
    }
    const span = this.marked;
    const where = span ? { onset: span.start, offset: span.end } : { at: drawn.position() };
    this.report({ kind: "missed", label, ...where });
    if (span) this.mark();
    this.draw();
  }

  /** A button that asks for no class after all. */
  cancel() {
    const [button, key] = [document.createElement("button"), document.createElement("kbd")];
    button.type = "button";
    button.dataset.at = -1;
    key.textContent = "Esc";
    button.append(key, " Cancel");
    return button;
  }

  undo() {
    this.say("");
    this.report({ kind: "undo" });
  }

  done() {
    const open = this.events.filter(({ verdict }) => !verdict).length;
    if (open) {
      this.say(`${open} event${open === 1 ? " is" : "s are"} not judged yet: U where you are unsure.`);
      return;
    }
    this.leaving = true;
    this.report({ kind: "done" });
    this.say("Loading the next clip");
  }

  /** Keep an action until the page has stored it. */
  report(action) {
    const { filename, start, end } = this.clip;
    this.number += 1;
    const whole = { n: this.number, id: `${this.name}.${this.number}`, clip: { filename, start, end }, ...action };
    this.pending.push(whole);
    this.apply(whole);
    this.send(this.pending);
    this.draw();
  }

  /** Show an action before the page has stored it. */
  apply({ kind, event: key, label, onset, offset }) {
    const event = this.events.find((one) => one.key === key);
    if (!event) return;
    if (label) {
      event.label = label;
      event.display = this.classes.find((one) => one.label === label)?.display ?? label;
    }
    if (onset !== undefined) Object.assign(event, { onset, offset });
    event.verdict = DOUBTS[kind] ?? verdict(event);
  }

  // the viewer

  select(at) {
    this.at = Math.min(Math.max(0, at), this.events.length);
    this.start = this.choosing = null;
    this.say("");
    this.focus();
    this.draw();
  }

  /** Look at the event and loop it, as soon as the viewer has drawn this clip. */
  focus() {
    clearTimeout(this.waiting);
    if (!this.drawn) {
      this.waiting = setTimeout(() => this.focus(), 60);
      return;
    }
    this.mark();
    if (this.used && this.event) this.drawn.player.play();
  }

  mark() {
    const { drawn: viewer, event } = this;
    if (!event) {
      this.given = null;
      viewer.showWholeClip();
      return;
    }
    const { duration } = viewer.state.meta;
    const start = Math.max(0, event.onset - HEARD);
    const end = Math.min(duration, event.offset + HEARD);
    this.given = { start, end };
    viewer.state.region = { start, end };
    viewer.setLooping(true);
    viewer.setView(Math.max(0, start - SEEN), Math.min(duration, end + SEEN));
    viewer.seek(start);
  }

  // drawing

  say(text) {
    this.part("hint").textContent = text;
  }

  draw() {
    const list = this.part("events");
    const focused = this.root.getRootNode().activeElement;
    const byKeys = focused?.matches(":focus-visible"); // the keys of a pointer's user stay those of the page
    const had = (name) => byKeys && this.part(name).contains(focused);
    const [inEvents, inKeys, inClasses] = ["events", "keys", "classes"].map(had);
    list.replaceChildren(...this.events.map((event, at) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = `event ${event.verdict}`;
      button.dataset.at = at;
      if (at === this.at) button.setAttribute("aria-current", "true");
      const onset = at === this.at && this.start !== null ? this.start : event.onset;
      const score = event.score === null ? "" : `  \u00b7  score ${event.score.toFixed(2)}`;
      for (const [tag, name, text] of [["b", "", event.display],
        ["span", "", `${onset.toFixed(2)} to ${event.offset.toFixed(2)} s${score}`],
        ["span", "verdict", event.verdict]]) {
        const part = document.createElement(tag);
        part.className = name;
        part.textContent = text;
        button.append(part);
      }
      item.append(button);
      return item;
    }));
    const classes = this.part("classes");
    classes.hidden = !this.choosing;
    this.part("keys").hidden = Boolean(this.choosing); // so that nothing moves
    classes.setAttribute("aria-label", this.choosing === "missed" ? "Class of the missed event" : "Right class");
    classes.replaceChildren(...(this.choosing ? this.classes : []).map(({ display }, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.at = at;
      const key = document.createElement("kbd");
      key.textContent = CLASS_KEYS[at]?.toUpperCase() ?? "";
      button.append(key, ` ${display}`);
      return button;
    }));
    if (this.choosing) classes.append(this.cancel());
    // what had the focus is gone or hidden
    if (inEvents) (list.querySelector("[aria-current]") ?? list.querySelector("button"))?.focus();
    if (inKeys && this.choosing) classes.querySelector("button").focus();
    if (inClasses) (this.choosing ? classes : this.part("keys")).querySelector("button:enabled").focus();
    for (const name of ["accept", "reject", "relabel", "start", "end", "trim", "unsure"]) {
      this.root.querySelector(`[data-do=${name}]`).disabled = !this.event;
    }
    this.part("done").classList.toggle("ready", this.events.every(({ verdict }) => verdict));
  }
}
