// The rarer controls, in one menu of the toolbar: volumes, what is played and how, levels and frequencies
// of the spectrograms, and a link to this view.

import { WHOLE_BAND } from "./layout.js";
import { element } from "./toolbar.js";

const LOW_HZ = [0, 100, 250, 500, 1000, 2000, 4000];
const HIGH_HZ = [500, 1000, 2000, 4000, 8000];
const decibels = (db) => `${db > 0 ? "+" : ""}${db} dB`.replace("-", "\u2212");
const hertz = (hz) => (hz < 1000 ? `${hz} Hz` : `${hz / 1000} kHz`);

export class Menu {
  constructor(viewer, root) {
    this.viewer = viewer;
    const find = (selector) => root.querySelector(selector);
    Object.assign(this, { menu: find(".menu"), volumes: find(".volumes"), matched: find(".matched"),
      autoplay: find(".autoplay"), autoplayRow: find(".autoplay-row"), range: find(".range"), gain: find(".gain"),
      low: find(".low-hz"), high: find(".high-hz"), copy: find(".copy-link"), link: find(".link") });
    this.matched.addEventListener("change", () => viewer.setMatched(this.matched.checked));
    this.autoplay.addEventListener("change", () => viewer.setAutoplay(this.autoplay.checked));
    for (const slider of [this.range, this.gain]) {
      slider.addEventListener("input", () =>
        viewer.setLevel({ range: this.range.valueAsNumber, gain: this.gain.valueAsNumber }));
    }
    const option = (hz) => element("option", { value: hz }, hertz(hz));
    this.low.append(...LOW_HZ.map(option));
    this.high.append(...HIGH_HZ.map(option));
    this.low.addEventListener("change", () => this.setBand(this.low));
    this.high.addEventListener("change", () => this.setBand(this.high));
    find(".reset-view").addEventListener("click", () => {
      viewer.setLevel({ range: null, gain: 0 });
      viewer.setBand(WHOLE_BAND);
    });
    this.copy.addEventListener("click", () => this.copyLink());
    this.menu.addEventListener("toggle", () => this.update());
    // a press elsewhere closes it, on the page or in the viewer
    const outside = (event) => { if (!event.composedPath().includes(this.menu)) this.close(); };
    const removal = new AbortController();
    document.addEventListener("pointerdown", outside, { capture: true, signal: removal.signal });
    this.dispose = () => removal.abort();
  }

  /** -> whether it was open. */
  close() {
    const { open } = this.menu;
    this.menu.open = false;
    return open;
  }

  /** The end that was not chosen gives way. */
  setBand(chosen) {
    let [low, high] = [Number(this.low.value), Number(this.high.value)];
    if (low >= high && chosen === this.low) high = HIGH_HZ.find((hz) => hz > low);
    if (low >= high) low = LOW_HZ.findLast((hz) => hz < high);
    this.viewer.setBand({ low, high });
  }

  /** Another clip or system: a slider for each track, which keeps its volume. */
  showTracks(tracks) {
    const { mixer } = this.viewer;
    this.volumes.replaceChildren(...tracks.map(({ id, name }) => {
      const output = element("output");
      const slider = element("input", { type: "range", min: -30, max: 12, step: 1,
        "aria-label": `Volume of ${name} in dB`, title: "Double click: 0 dB" });
      const show = () => {
        const db = mixer.volumes.get(id) ?? 0;
        slider.value = db;
        output.textContent = decibels(db);
      };
      slider.addEventListener("input", () => {
        this.viewer.setVolume(id, slider.valueAsNumber);
        show();
      });
      slider.addEventListener("dblclick", () => {
        this.viewer.setVolume(id, 0);
        show();
      });
      show();
      return element("label", {}, element("span", {}, name), slider, output);
    }));
  }

  /** What is chosen now. */
  update() {
    const { state, autoplay, mixer, canStep } = this.viewer;
    if (!state.meta) return;
    const [low, high] = state.shownDb;
    this.range.value = high - low;
    this.gain.value = state.level.gain;
    this.range.nextElementSibling.textContent = `${Math.round(high - low)} dB`;
    this.gain.nextElementSibling.textContent = decibels(state.level.gain);
    this.low.value = state.band.low;
    this.high.value = state.band.high;
    this.matched.checked = mixer.matched;
    this.autoplay.checked = autoplay;
    this.autoplayRow.hidden = !canStep;
    this.link.hidden = true;
    this.copy.textContent = "Copy link to this view";
  }

  /** Where a page may not write to the clipboard, the link is shown to be copied by hand. */
  async copyLink() {
    const text = await this.viewer.link();
    try {
      await navigator.clipboard.writeText(text);
      this.copy.textContent = "Copied";
      this.viewer.toolbar.announce("Link copied");
    } catch (error) {
      console.warn(error);
      this.link.hidden = false;
      this.link.value = text;
      this.link.select();
    }
  }
}
