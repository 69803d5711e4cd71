// The parts of the viewer that are buttons and text: transport, threshold, classes, solo and mute.

import { differenceScale } from "./paint_compare.js";
import { differenceGradient, gradient, sourceShade } from "./theme.js";

const PLAY = "M4 2.5v11l9-5.5z";
const PAUSE = "M4 2.5h3v11H4zm5 0h3v11H9z";
/** At most so many confusions are listed, each at least so many score frames long. */
const CONFUSIONS = 4;
const CONFUSION_FRAMES = 2;

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

const seconds = (value, digits = 2) => value.toFixed(digits);

/** Levels at the ends of a scale. */
function label(scale, low, high) {
  scale.previousElementSibling.textContent = `${low}`.replace("-", "\u2212");
  scale.nextElementSibling.textContent = `${high} dB`.replace("-", "\u2212");
}

export class Toolbar {
  constructor(viewer, root) {
    this.viewer = viewer;
    this.ofClip = root.querySelectorAll(".bar, .legends, .rows, .plot, .foot");
    const find = (selector) => root.querySelector(selector);
    Object.assign(this, {
      play: find(".play"), loop: find(".loop"), wholeClip: find(".whole-clip"), time: find(".time"),
      audible: find(".audible"), threshold: find(".threshold input"), auto: find(".auto"),
      thresholdText: find(".threshold output"), palette: find(".palette"), scale: find(".levels .scale"),
      maskKey: find(".mask-key"), differenceScale: find(".difference-scale"), legend: find(".legend"), key: find(".key"),
      rows: find(".rows"), status: find(".status"), error: find(".error"), matrix: find(".matrix"),
      pending: find(".pending"), totals: find(".foot .totals"), confusions: find(".confusions"),
      removed: find(".removed"), plot: find(".plot"),
    });
    this.play.addEventListener("click", () => viewer.togglePlay());
    this.loop.addEventListener("click", () => viewer.setLooping(!viewer.state.looping));
    this.wholeClip.addEventListener("click", () => viewer.showWholeClip());
    this.auto.addEventListener("click", () => viewer.setThreshold("auto", true));
    this.threshold.addEventListener("input", () =>
      viewer.setThreshold(this.threshold.valueAsNumber, false));
    this.threshold.addEventListener("change", () =>
      viewer.setThreshold(this.threshold.valueAsNumber, true));
    this.palette.addEventListener("change", () => viewer.screen.setPalette(this.palette.value));
  }

  /** Another clip or system: the parts that depend on it. */
  showClip(meta) {
    this.legend.replaceChildren(...meta.classes.map((kind) => this.chip(kind)));
    this.key.hidden = this.totals.hidden = !meta.truth;
    this.plot.setAttribute("aria-valuemax", seconds(meta.duration));
    this.showMatrix(meta);
    this.update();
  }

  /** The button of a class in the legend. */
  chip(kind) {
    const { viewer } = this;
    const chip = element("button", {
      type: "button", class: "chip",
      title: `${kind.display}: click hides or shows, Shift-click shows it alone`,
      onclick: (event) => viewer.toggleClass(kind.label, event.shiftKey),
      onpointerenter: () => viewer.setFocus(viewer.state.hidden.has(kind.label) ? null : kind.label),
      onpointerleave: () => viewer.setFocus(null),
    });
    chip.innerHTML = '<svg width="22" height="8" aria-hidden="true"><line x1="1" y1="4" x2="21" y2="4" '
      + `stroke-width="2.4" stroke-dasharray="${kind.dash.join(" ")}"/></svg>`;
    chip.append(kind.short);
    chip.kind = kind;
    return chip;
  }

  /** Names, solo and mute beside (or, on a narrow page, above) the panels. */
  placeRows(layout) {
    this.rows.replaceChildren(...layout.rows.map((row) => {
      const node = element("div", { class: "row",
        style: `left:${row.x}px;top:${row.y}px;width:${row.w}px` }, this.rowName(row), this.rowButtons(row));
      if (row.title) node.title = row.title;
      node.track = row.track;
      return node;
    }));
    this.update();
  }

  rowName(row) {
    const name = element("span", { class: "name" }, row.name);
    if (row.source === undefined) return name;
    const { state, screen } = this.viewer;
    const { fill } = sourceShade(row.source, state.sourceNames.length, screen.theme.dark);
    const number = `${row.source + 1}`; // as on the attribution strip
    if (!row.name.endsWith(number)) name.prepend(element("span", { class: "number" }, number));
    name.prepend(element("i", { class: "swatch", style: `background:${fill}` }));
    return name;
  }

  rowButtons(row) {
    const { viewer } = this;
    const button = (text, label, press) => element("button", { type: "button",
      class: `small ${text.toLowerCase()}`, "aria-label": label, title: label, onclick: press }, text);
    const buttons = element("span", { class: "buttons" });
    if (row.track === "mixture") {
      buttons.append(button("Solo", "Solo the mixture (0)", () => viewer.solo("mixture")));
    } else if (row.track) {
      const key = row.source === undefined ? "" : ` (${row.source + 1})`;
      buttons.append(button("Solo", `Solo ${row.name}${key}; Shift adds it`,
        (event) => viewer.solo(row.track, event.shiftKey)));
    }
    if (row.source !== undefined) {
      buttons.append(button("Mute", `Mute ${row.name}; the other sources stay audible`,
        () => viewer.mute(row.track)));
    }
    return buttons;
  }

  /** What the colours of differences stand for: chosen from the data. */
  updateDifferenceScale() {
    const { state } = this.viewer;
    if (state.compare?.beside !== "difference" || !state.meta) return;
    const full = differenceScale(state);
    label(this.differenceScale, -full, `+${full}`);
  }

  updateTheme(palette) {
    const { state, screen } = this.viewer;
    const { theme } = screen;
    this.differenceScale.style.background = differenceGradient(theme);
    this.palette.value = palette;
    this.scale.style.background = gradient(palette);
    if (state.meta) {
      const [low, high] = state.shownDb.map(Math.round);
      label(this.scale, state.masked ? `mixture ${low}` : low, high);
      this.maskKey.hidden = !state.masked;
      this.maskKey.querySelector(".scale").style.background = gradient(palette);
    }
    this.updateDifferenceScale();
    for (const chip of this.legend.children) {
      chip.querySelector("line").setAttribute("stroke", chip.kind[theme.name]);
    }
  }

  /** Everything that is pressed, named or counted, from what the viewer is now. */
  update() {
    const { state, player } = this.viewer;
    if (!state.meta) return;
    this.play.querySelector("path").setAttribute("d", player.playing ? PAUSE : PLAY);
    this.play.setAttribute("aria-label", player.playing ? "Pause" : "Play");
    this.loop.setAttribute("aria-pressed", state.looping);
    this.wholeClip.hidden = !state.zoomedIn && !state.region;
    this.threshold.value = state.line;
    this.thresholdText.textContent = state.thresholdText;
    this.auto.hidden = !state.meta.operating;
    this.auto.setAttribute("aria-pressed", state.byClass);
    for (const chip of this.legend.children) {
      chip.setAttribute("aria-pressed", !state.hidden.has(chip.kind.label));
    }
    this.updateRows();
    this.updateAudible();
    if (state.truth) {
      const total = (kind) => seconds(state.total(kind), 1);
      this.totals.textContent =
        `hit ${total("hit")} s, missed ${total("miss")} s, false alarm ${total("false alarm")} s`;
    }
    this.updateConfusions();
    this.updateRemoved();
    this.updateDifferenceScale();
  }

  updateRows() {
    const { player: { audible, playing }, mixer } = this.viewer;
    for (const row of this.rows.children) {
      const soloed = row.track === "mixture" ? audible.has("mixture") : mixer.soloed.has(row.track);
      row.querySelector(".solo")?.setAttribute("aria-pressed", soloed);
      row.querySelector(".mute")?.setAttribute("aria-pressed", mixer.muted.has(row.track));
      row.classList.toggle("silent", playing && row.track && !audible.has(row.track));
    }
  }

  /** The names of the audible tracks. */
  updateAudible() {
    const { player } = this.viewer;
    const names = player.tracks.filter(({ id }) => player.audible.has(id))
      .map(({ name }) => name.toLowerCase());
    const { compare, meta } = this.viewer.state;
    const system = compare && meta.sources && !player.audible.has("mixture") ? ` of ${meta.system}` : "";
    const text = names.length ? names.join(" + ") + system : "nothing";
    if (this.audible.textContent === text) return;
    this.audible.textContent = text;
    if (player.tracks.length) this.announce(`Sound: ${text}`);
  }

  /** Where one class was detected instead of another, each a button that loops it. */
  updateConfusions() {
    const { viewer } = this;
    const { state } = viewer;
    const short = (k) => state.meta.classes[k].short;
    const length = ({ onset, offset }) => offset - onset;
    const long = state.confusions
      .filter(({ missed, detected }) => state.isVisible(missed) && state.isVisible(detected))
      .filter((one) => length(one) >= CONFUSION_FRAMES * state.meta.score_hop)
      .sort((a, b) => length(b) - length(a)).slice(0, CONFUSIONS);
    const texts = long.map(({ onset, offset, missed, detected }) => `${short(detected)} instead of `
      + `${short(missed)}, ${seconds(onset, 1)}\u2013${seconds(offset, 1)} s`);
    this.confusions.hidden = !long.length;
    if (this.confusions.dataset.texts === texts.join("|")) return; // a button that has the focus stays
    this.confusions.dataset.texts = texts.join("|");
    this.confusions.replaceChildren("Confused: ", ...long.map(({ onset, offset }, i) =>
      element("button", { type: "button", class: "small", title: "Zoom in around it and loop it",
        onclick: () => viewer.loopInContext({ start: onset, end: offset }) }, texts[i])));
  }

  /** What the median filter removed. */
  updateRemoved() {
    const { state } = this.viewer;
    const { removed } = state;
    const texts = removed.slice(0, CONFUSIONS).map(({ onset, offset, k }) =>
      `${state.meta.classes[k].short} ${seconds(onset)}\u2013${seconds(offset)} s`);
    if (removed.length > CONFUSIONS) texts.push(`${removed.length - CONFUSIONS} more`);
    this.removed.hidden = !removed.length;
    this.removed.textContent = "Above the threshold, but too short for the median filter "
      + `(${state.filterText}, thick line): ${texts.join(", ")}`;
  }

  /** For screen readers. */
  announce(text) {
    this.status.textContent = text;
  }

  /** The position, as text; written only when it changes. */
  showPosition(position) {
    const { state: { meta }, player } = this.viewer;
    const text = `${seconds(position)} / ${seconds(meta.duration)} s`;
    if (this.time.textContent === text) return;
    this.time.textContent = text;
    if (player.playing) return;
    this.plot.setAttribute("aria-valuenow", seconds(position));
    this.plot.setAttribute("aria-valuetext", `${seconds(position)} seconds of ${seconds(meta.duration)}`);
  }

  /** Whether a clip is displayed that the controls can work on. */
  setEnabled(enabled) {
    for (const part of this.ofClip) part.inert = !enabled;
    if (!enabled) this.time.textContent = "";
  }

  /** What the viewer waits for. */
  showPending(text) {
    this.pending.textContent = text;
    this.pending.hidden = !text;
  }

  showError(text) {
    this.error.textContent = text;
    this.error.hidden = !text;
  }

  /** Eq. 30 for every pair of sources. */
  showMatrix({ similarity, source_names: names }) {
    this.matrix.hidden = !similarity;
    if (!similarity) return;
    const { matrix, mean } = similarity;
    this.matrix.querySelector("summary").textContent =
      `Similarity of the sources (Eq. 30): ${mean.toFixed(3)}`;
    const head = element("tr", {}, element("td"), ...names.map((name, m) =>
      element("th", { scope: "col", "aria-label": name }, `${m + 1}`)));
    const body = matrix.map((row, m) => element("tr", {}, element("th", { scope: "row" }, names[m]),
      ...row.map((value, n) => element("td", { style: `--share:${m === n ? 0 : value}` },
        m === n ? "\u2013" : value.toFixed(2)))));
    this.matrix.querySelector("table").replaceChildren(head, ...body);
  }
}
