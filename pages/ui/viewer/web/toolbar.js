// The part of the viewer that is made of buttons: transport, threshold, classes, solo and mute, and what is said aloud.

import { FULL_DB } from "./paint_compare.js";
import { differenceGradient, gradient, sourceShade } from "./theme.js";

const PLAY = "M4 2.5v11l9-5.5z";
const PAUSE = "M4 2.5h3v11H4zm5 0h3v11H9z";

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

const seconds = (value, digits = 2) => value.toFixed(digits);

export class Toolbar {
  constructor(viewer, root) {
    this.viewer = viewer;
    this.root = root;
    const find = (name) => root.querySelector(`.${name}`);
    Object.assign(this, {
      play: find("play"), loop: find("loop"), whole: find("whole"), time: find("time"), heard: find("heard"),
      range: find("threshold input"), rangeText: find("threshold output"), palette: find("palette"), scale: find("scale"),
      legend: find("legend"), key: find("key"), rows: find("rows"), said: find("said"), error: find("error"),
      matrix: find("matrix"), tally: find("tally"), plot: find("plot"), confused: find("confused"),
      less: find("less"),
    });
    this.play.addEventListener("click", () => viewer.togglePlay());
    this.loop.addEventListener("click", () => viewer.setLooping(!viewer.looping));
    this.whole.addEventListener("click", () => viewer.whole());
    this.range.addEventListener("input", () => viewer.setThreshold(this.range.valueAsNumber, false));
    this.range.addEventListener("change", () => viewer.commit());
    this.palette.addEventListener("change", () => viewer.setPalette(this.palette.value));
  }

  /** A clip or system has come: the buttons that depend on it. */
  show(meta) {
    this.legend.replaceChildren(...meta.classes.map((kind) => this.chip(kind)));
    this.key.hidden = this.tally.hidden = !meta.truth;
    this.plot.setAttribute("aria-valuemax", seconds(meta.duration));
    this.showMatrix(meta);
    this.retheme();
    this.state();
  }

  chip(kind) {
    const { viewer } = this;
    const line = `<svg width="22" height="8" aria-hidden="true"><line x1="1" y1="4" x2="21" y2="4" stroke-width="2.4" `
      + `stroke-dasharray="${kind.dash.join(" ")}"/></svg>`;
    const made = element("button", {
      type: "button", class: "chip", title: `${kind.display}: click hides or shows, Shift-click shows it alone`,
      onclick: (event) => viewer.toggleClass(kind.label, event.shiftKey),
      onpointerenter: () => viewer.setFocus(viewer.hidden.has(kind.label) ? null : kind.label),
      onpointerleave: () => viewer.setFocus(null),
    });
    made.innerHTML = line;
    made.append(kind.short);
    made.kind = kind;
    return made;
  }

  /** Names, solo and mute beside (or, on a narrow page, above) the panels. */
  placeRows(layout) {
    const { viewer } = this;
    const button = (text, label, press, name) => element("button", { type: "button", class: `small ${name}`,
      "aria-label": label, title: label, onclick: press }, text);
    this.rows.replaceChildren(...layout.rows.map((row) => {
      const made = element("div", { class: "row", style: `left:${row.x}px;top:${row.y}px;width:${row.w}px` });
      const name = element("span", { class: "name" }, row.name);
      if (row.source !== undefined) {
        const { fill } = sourceShade(row.source, viewer.names.length, viewer.theme.dark);
        const number = `${row.source + 1}`; // as on the strip of winners
        if (!row.name.endsWith(number)) name.prepend(element("span", { class: "number" }, number));
        name.prepend(element("i", { class: "swatch", style: `background:${fill}` }));
      }
      made.append(name);
      const buttons = element("span", { class: "buttons" });
      if (!row.track) made.title = "How alike the scores of the sources are (Eq. 30), a line a system";
      else if (row.track === "mixture") buttons.append(button("Hear", "Hear the mixture (0)", () => viewer.listen("mixture"), "solo"));
      else {
        const key = row.source === undefined ? "" : ` (${row.source + 1})`;
        buttons.append(button("Solo", `Hear ${row.name} alone${key}; Shift adds it`,
          (event) => viewer.listen(row.track, event.shiftKey), "solo"));
        if (row.source !== undefined) {
          buttons.append(button("Mute", `Mute ${row.name}: hear the other sources`, () => viewer.mute(row.track), "mute"));
        }
      }
      made.append(buttons);
      made.track = row.track;
      return made;
    }));
    this.state();
  }

  retheme(palette) {
    const { theme, meta } = this.viewer;
    this.less.style.background = differenceGradient(theme);
    this.less.previousElementSibling.textContent = `\u2212${FULL_DB}`;
    this.less.nextElementSibling.textContent = `+${FULL_DB} dB`;
    if (palette) {
      this.palette.value = palette;
      this.scale.style.background = gradient(palette);
    }
    if (meta) {
      const [low, high] = meta.shown_db.map((db) => `${db}`.replace("-", "\u2212"));
      this.scale.previousElementSibling.textContent = low;
      this.scale.nextElementSibling.textContent = `${high} dB`;
    }
    for (const chip of this.legend.children) chip.querySelector("line").setAttribute("stroke", chip.kind[theme.name]);
  }

  /** Everything pressed, named or counted, from what the viewer is now. */
  state() {
    const { viewer } = this;
    if (!viewer.meta) return;
    const { playing, heard } = viewer.player;
    this.play.querySelector("path").setAttribute("d", playing ? PAUSE : PLAY);
    this.play.setAttribute("aria-label", playing ? "Pause" : "Play");
    this.loop.setAttribute("aria-pressed", viewer.looping);
    const { start, end } = viewer.view ?? { start: 0, end: viewer.meta.duration };
    this.whole.hidden = end - start > viewer.meta.duration - 1e-6 && !viewer.region;
    this.range.value = viewer.threshold;
    this.rangeText.textContent = viewer.threshold.toFixed(2);
    for (const chip of this.legend.children) chip.setAttribute("aria-pressed", !viewer.hidden.has(chip.kind.label));
    for (const row of this.rows.children) {
      row.querySelector(".solo")?.setAttribute("aria-pressed", row.track === "mixture" ? heard.has("mixture") : viewer.mixer.solo.has(row.track));
      row.querySelector(".mute")?.setAttribute("aria-pressed", viewer.mixer.muted.has(row.track));
      row.classList.toggle("silent", playing && row.track && !heard.has(row.track));
    }
    const names = viewer.player.tracks.filter((track) => heard.has(track.id)).map((track) => track.name.toLowerCase());
    const text = names.length ? names.join(" + ") : "nothing";
    if (this.heard.textContent !== text) {
      this.heard.textContent = text;
      if (viewer.player.tracks.length) this.say(`Hearing ${text}`);
    }
    if (viewer.truth) {
      const total = (kind) => viewer.spans.filter((span) => span.kind === kind && viewer.visible(span.k))
        .reduce((sum, span) => sum + span.offset - span.onset, 0);
      this.tally.textContent = `hit ${seconds(total("hit"), 1)} s, missed ${seconds(total("miss"), 1)} s, `
        + `false alarm ${seconds(total("false alarm"), 1)} s`;
    }
    this.showConfused();
  }

  /** Aloud, for who does not see it. */
  say(text) {
    this.said.textContent = text;
  }

  /** What was taken for something else, each to be heard at a press. */
  showConfused() {
    const { viewer } = this;
    const name = (k) => viewer.meta.classes[k].short;
    const found = viewer.confused.filter((one) => viewer.visible(one.missed) && viewer.visible(one.heard)
      && one.offset - one.onset >= 2 * viewer.meta.score_hop).sort((a, b) => (b.offset - b.onset) - (a.offset - a.onset));
    this.confused.hidden = !found.length;
    const texts = found.slice(0, 4).map((one) =>
      [`${name(one.heard)} instead of ${name(one.missed)}, ${seconds(one.onset, 1)}\u2013${seconds(one.offset, 1)} s`, one]);
    const key = texts.map(([text]) => text).join("|");
    if (this.confused.dataset.key === key) return; // a button that has the focus keeps it
    this.confused.dataset.key = key;
    this.confused.replaceChildren("Confused: ", ...texts.map(([text, one]) => element("button", {
      type: "button", class: "small", title: "Zoom to it and loop it", onclick: () => viewer.choose({ start: one.onset, end: one.offset }, true),
    }, text)));
  }

  /** The position, as text; written only when it changes. */
  tell(position) {
    const text = `${seconds(position)} / ${seconds(this.viewer.meta.duration)} s`;
    if (this.time.textContent === text) return;
    this.time.textContent = text;
    if (this.viewer.player.playing) return;
    this.plot.setAttribute("aria-valuenow", seconds(position));
    this.plot.setAttribute("aria-valuetext", `${seconds(position)} seconds of ${seconds(this.viewer.meta.duration)}`);
  }

  message(text) {
    this.error.textContent = text;
    this.error.hidden = !text;
  }

  /** Eq. 30 for every pair of sources. */
  showMatrix({ similarity, source_names: names }) {
    this.matrix.hidden = !similarity;
    if (!similarity) return;
    const { matrix, mean } = similarity;
    this.matrix.querySelector("summary").textContent = `Similarity of the sources (Eq. 30): ${mean.toFixed(3)}`;
    const head = element("tr", {}, element("td"), ...matrix.map((_, m) => element("th", { scope: "col", "aria-label": names[m] }, `${m + 1}`)));
    const body = matrix.map((row, m) => element("tr", {}, element("th", { scope: "row" }, names[m]),
      ...row.map((value, n) => element("td", { style: `--share:${m === n ? 0 : value}` }, m === n ? "\u2013" : value.toFixed(2)))));
    this.matrix.querySelector("table").replaceChildren(head, ...body);
  }
}
