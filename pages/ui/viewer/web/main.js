// What Streamlit calls: once to mount, and again for every change of data or theme.

import { Viewer } from "./viewer.js";

const viewers = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let viewer = viewers.get(parentElement);
  if (!viewer) {
    const host = parentElement.host ?? parentElement;
    viewer = new Viewer(parentElement.querySelector(".jss"), host, parentElement);
    viewers.set(parentElement, viewer);
    host.viewer = viewer; // for tests and for the console
  }
  viewer.update(data, (name, value) => (name === "more" ? setTriggerValue : setStateValue)(name, value));
  return () => {
    viewer.dispose();
    viewers.delete(parentElement);
  };
}
