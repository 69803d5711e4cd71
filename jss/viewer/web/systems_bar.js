// The systems as buttons: which one is displayed, its totals, and what is drawn beside the sources.

import { element } from "./toolbar.js";

/** So many systems have a key, Shift and a digit. */
const KEYS = 9;

export class SystemsBar {
  constructor(viewer, root) {
    this.viewer = viewer;
    this.systems = root.querySelector(".systems");
    this.layout = root.querySelector(".layout");
    this.beside = root.querySelector(".beside");
    this.sourcesAs = root.querySelector(".sources-as");
    this.against = root.querySelector(".against select");
    for (const button of this.layout.querySelectorAll("button")) {
      button.addEventListener("click", () => viewer.setLayout(button.value));
    }
    for (const button of this.beside.querySelectorAll("button")) {
      button.addEventListener("click", () => viewer.setBeside(button.value));
    }
    for (const button of this.sourcesAs.querySelectorAll("button")) {
      button.addEventListener("click", () => viewer.setSourcesAs(button.value));
    }
    this.against.addEventListener("change", () => viewer.setAgainst(this.against.value));
  }

  /** The page offers other systems. */
  rebuild() {
    const { names } = this.viewer.results;
    this.systems.hidden = names.length < 2;
    this.systems.replaceChildren(...names.map((name, i) => this.button(name, i + 1)));
    this.against.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
    this.beside.hidden = !this.viewer.state.compare;
    this.update();
  }

  button(name, number) {
    const digit = element("span", { class: "number", "aria-hidden": "true" }, `\u21e7${number}`);
    const printed = this.viewer.results.printed[name];
    const button = element("button",
      { type: "button", class: "system", onclick: () => this.viewer.switchTo(name) },
      element("b", {}, ...(number <= KEYS ? [digit] : []), name),
      ...(printed ? [element("span", { class: "printed" }, `paper: ${printed}`)] : []),
      element("span", { class: "totals" }));
    Object.assign(button, { system: name, number });
    return button;
  }

  /** What is pressed, what is loaded, and the totals. */
  update() {
    const { state, results, wanted } = this.viewer;
    for (const button of this.systems.children) {
      const { system, number } = button;
      const analysed = results.get(system);
      const key = number <= KEYS ? ` (Shift+${number})` : "";
      button.setAttribute("aria-pressed", wanted === system);
      button.classList.toggle("unanalysed", !analysed);
      const why = results.reasons[system] ?? "not analysed yet. Click to run.";
      button.title = analysed ? `Show ${system}${key}` : `${system}: ${why}${key}`;
      button.lastChild.textContent = state.compare ? this.totals(system) : "";
    }
    this.sourcesAs.hidden = !state.picture?.masks.length;
    this.press(this.sourcesAs, state.sourcesAs);
    this.layout.hidden = !state.compare || !this.viewer.screen.columnsFit;
    if (!state.compare) return;
    this.press(this.layout, state.compare.layout);
    this.press(this.beside, state.compare.beside);
    this.against.value = state.compare.against;
    this.against.parentElement.hidden = state.compare.beside !== "difference";
  }

  press(group, value) {
    for (const button of group.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", button.value === value);
    }
  }

  /** A line of figures for one system of a comparison. */
  totals(name) {
    const { state } = this.viewer;
    const one = state.compared.find((other) => other.name === name);
    if (!one) return state.systems.find((other) => other.name === name)?.missing ?? "";
    const seconds = (kind) => state.total(kind, one.spans).toFixed(1);
    const { similarity } = one.result.meta;
    const alike = similarity ? `similarity ${similarity.mean.toFixed(2)}` : "no sources";
    return [
      ...(one.spans
        ? [`hit ${seconds("hit")}`, `missed ${seconds("miss")}`, `false ${seconds("false alarm")} s`]
        : [`${one.events.length} event${one.events.length === 1 ? "" : "s"}`]),
      ...(this.viewer.screen.layout?.byColumn ? [] : [alike]), // columns have a row for it
    ].join(" \u00b7 ");
  }
}
