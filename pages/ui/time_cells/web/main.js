// What Streamlit calls: once to mount, and again for every change of data or theme.

import { Cells } from "./cells.js";

const charts = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.host ?? parentElement;
  let chart = charts.get(parentElement);
  if (!chart) {
    chart = new Cells(parentElement.querySelector(".cells"));
    charts.set(parentElement, chart);
    host.cells = chart; // for tests and for the console
  }
  chart.update(data, (cell) => setTriggerValue("pressed", cell));
  return () => setTimeout(() => {
    if (host.isConnected || charts.get(parentElement) !== chart) return;
    chart.dispose();
    charts.delete(parentElement);
  });
}
