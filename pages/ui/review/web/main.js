// What Streamlit calls: once to mount, and again for every change of data or theme.

import { Panel } from "./panel.js";

const panels = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const host = parentElement.host ?? parentElement;
  let panel = panels.get(parentElement);
  if (!panel) {
    panel = new Panel(parentElement.querySelector(".review"), host);
    panels.set(parentElement, panel);
  }
  panel.update(data, (actions) => setStateValue("actions", actions));
  return () => setTimeout(() => {
    if (host.isConnected || panels.get(parentElement) !== panel) return;
    panel.dispose();
    panels.delete(parentElement);
  });
}
