// The systems as buttons: which one is shown, what each found and missed, and what stands beside the sources.

import { element } from "./toolbar.js";

/** So many systems have a key, Shift and a digit. */
const KEYS = 9;

const seconds = (spans, kind, viewer) => spans.filter((span) => span.kind === kind && viewer.visible(span.k))
  .reduce((sum, span) => sum + span.offset - span.onset, 0).toFixed(1);

export class SystemsBar {
  constructor(viewer, root) {
    this.viewer = viewer;
    this.bar = root.querySelector(".systems");
    this.beside = root.querySelector(".beside");
    this.drawn = root.querySelector(".drawn");
    this.against = root.querySelector(".against select");
    for (const button of this.beside.querySelectorAll("button")) {
      button.addEventListener("click", () => viewer.setBeside(button.value));
    }
    for (const button of this.drawn.querySelectorAll("button")) {
      button.addEventListener("click", () => viewer.setDrawn(button.value));
    }
    this.against.addEventListener("change", () => viewer.setAgainst(this.against.value));
  }

  /** The page offers other systems. */
  offer() {
    const { viewer } = this;
    const { names } = viewer.systems;
    this.bar.hidden = names.length < 2;
    this.bar.replaceChildren(...names.map((name, i) => {
      const made = element("button", { type: "button", class: "system", onclick: () => viewer.switchTo(name) },
        element("b", {}, ...(i < KEYS ? [element("span", { class: "number", "aria-hidden": "true" }, `${i + 1}`)] : []), name),
        element("span", { class: "found" }));
      made.name = name;
      return made;
    }));
    this.against.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
    this.beside.hidden = !viewer.compare;
    this.state();
  }

  /** What is pressed, at hand or found now. */
  state() {
    const { viewer } = this;
    for (const button of this.bar.children) {
      const here = viewer.systems.get(button.name);
      const number = viewer.systems.names.indexOf(button.name) + 1;
      button.setAttribute("aria-pressed", viewer.wanted === button.name);
      button.classList.toggle("far", !here);
      const key = number <= KEYS ? ` (Shift+${number})` : "";
      button.title = here ? `Show ${button.name}${key}` : `${button.name} has not heard this clip yet: press to analyse it`;
      button.lastChild.textContent = viewer.compare ? this.found(button.name) : "";
    }
    this.drawn.hidden = !viewer.picture?.masks.length;
    for (const button of this.drawn.querySelectorAll("button")) button.setAttribute("aria-pressed", button.value === viewer.drawn);
    if (!viewer.compare) return;
    for (const button of this.beside.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", button.value === viewer.compare.beside);
    }
    this.against.value = viewer.compare.against;
    this.against.parentElement.hidden = viewer.compare.beside !== "difference";
  }

  found(name) {
    const { viewer } = this;
    const one = viewer.rolls.find((roll) => roll.name === name);
    if (!one) return "";
    const parts = one.spans
      ? [`hit ${seconds(one.spans, "hit", viewer)}`, `missed ${seconds(one.spans, "miss", viewer)}`,
        `false ${seconds(one.spans, "false alarm", viewer)} s`]
      : [`${one.events.length} event${one.events.length === 1 ? "" : "s"}`];
    const { similarity } = one.take.meta;
    return [parts.join(" \u00b7 "), similarity ? `similarity ${similarity.mean.toFixed(2)}` : "no sources"].join(" \u00b7 ");
  }
}
