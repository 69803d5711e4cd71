// What Streamlit calls: once to mount, and again for every change of data or theme.

import { Viewer } from "./viewer.js";
// All modules, so that the browser fetches them at once and not one after another.
import "./assets.js";
import "./decode.js";
import "./input.js";
import "./labels.js";
import "./layout.js";
import "./layout_columns.js";
import "./menu.js";
import "./mixer.js";
import "./overlay.js";
import "./paint.js";
import "./paint_compare.js";
import "./paint_events.js";
import "./paint_scores.js";
import "./player.js";
import "./reporter.js";
import "./results.js";
import "./screen.js";
import "./settings.js";
import "./skip_link.js";
import "./state.js";
import "./systems_bar.js";
import "./theme.js";
import "./toolbar.js";

const viewers = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const host = parentElement.host ?? parentElement;
  let viewer = viewers.get(parentElement);
  if (!viewer) {
    viewer = new Viewer(parentElement.querySelector(".jss"), host, parentElement);
    viewers.set(parentElement, viewer);
    host.viewer = viewer; // for tests and for the console
  }
  viewer.update(data, (name, value) =>
    (name === "more" ? setTriggerValue : setStateValue)(name, value));
  // Also called where one update overtakes another: only a viewer that has left the page is disposed of.
  return () => setTimeout(() => {
    if (host.isConnected || viewers.get(parentElement) !== viewer) return;
    viewer.dispose();
    viewers.delete(parentElement);
  });
}
