// Hand to viewer: pointer (click, drag, wheel) and keys.

import { scoreY, timeAxis, yToScore } from "./layout.js";
import { probe } from "./overlay.js";

const NEAR = 3; // pixels a hand trembles without meaning to drag
let last = null; // the viewer that keys without a focus go to

export function attachPointer(viewer, surface) {
  let press = null;
  const place = (event) => {
    const box = surface.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const onThreshold = (spot, y, touch) =>
    spot?.panel?.kind === "pooled" && Math.abs(y - scoreY(spot.panel, viewer.threshold)) < (touch ? 16 : 6);

  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !viewer.meta) return;
    const [x, y] = place(event);
    const spot = probe(viewer, x, y);
    if (!spot) return;
    last = viewer;
    surface.setPointerCapture(event.pointerId);
    press = { spot, x, threshold: onThreshold(spot, y, event.pointerType !== "mouse"), moved: false };
  });
  surface.addEventListener("pointermove", (event) => {
    if (!viewer.meta) return;
    const [x, y] = place(event);
    if (!press) {
      const spot = probe(viewer, x, y);
      viewer.overThreshold = onThreshold(spot, y, false);
      surface.style.cursor = viewer.overThreshold ? "ns-resize" : spot ? "crosshair" : "default";
      viewer.setCursor(event.pointerType === "mouse" ? spot : null);
      return;
    }
    if (press.threshold) {
      viewer.setThreshold(yToScore(press.spot.panel, y), false);
      return;
    }
    press.moved ||= Math.abs(x - press.x) > NEAR;
    if (!press.moved) return;
    const time = Math.min(viewer.view.end, Math.max(viewer.view.start,
      timeAxis(viewer.layout, viewer.view).seconds(press.spot.column, x)));
    viewer.setDrag({ start: Math.min(press.spot.time, time), end: Math.max(press.spot.time, time) });
  });
  const release = (event) => {
    if (!press) return;
    const { drag } = viewer;
    viewer.setDrag(null);
    if (press.threshold) viewer.commit();
    else if (event.type === "pointerup" && press.moved && drag) viewer.choose(drag, !event.shiftKey);
    else if (event.type === "pointerup" && !press.moved) viewer.seek(press.spot.time);
    press = null;
  };
  surface.addEventListener("pointerup", release);
  surface.addEventListener("pointercancel", release);
  surface.addEventListener("pointerleave", () => viewer.setCursor(null));
  surface.addEventListener("dblclick", () => viewer.whole());
  surface.addEventListener("wheel", (event) => {
    if (!viewer.meta || !(event.ctrlKey || event.metaKey || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) return;
    const spot = probe(viewer, ...place(event));
    if (!spot) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) viewer.zoom(Math.exp(event.deltaY * 0.002), spot.time);
    else viewer.pan((event.deltaX || event.deltaY) / timeAxis(viewer.layout, viewer.view).perSecond);
    viewer.commit();
  }, { passive: false });
}

/** Keys of the viewer, and of the page while nothing else has the focus. -> a function that takes them back. */
export function attachKeys(viewer, host, scope) {
  last ??= viewer;
  scope.addEventListener("focusin", () => { last = viewer; });
  const typed = (element) => element?.matches?.("input:not([type=range]), textarea, select, [contenteditable=true]");
  const listener = (event) => {
    if (!viewer.meta || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const active = document.activeElement;
    const inside = active === host;
    const idle = !active || active === document.body || active.matches?.("section, main, div:not([role])");
    if (!inside && !(idle && last === viewer)) return;
    const focused = inside ? scope.activeElement : null;
    if (typed(focused)) return;
    const range = focused?.type === "range";
    if (event.key === " " && focused?.matches?.("button, summary")) return; // Space presses a button
    if (range && /^(Arrow|Home|End|Page)/.test(event.key)) return; // arrows move the threshold
    if (!inside && /^(Home|End)$/.test(event.key)) return; // they scroll the page
    const digit = /^Digit(\d)$/.exec(event.code)?.[1]; // Shift+1 is "!" or another sign, by the keyboard
    if (viewer.key(digit ?? event.key, event.shiftKey)) event.preventDefault();
  };
  document.addEventListener("keydown", listener);
  return () => {
    document.removeEventListener("keydown", listener);
    if (last === viewer) last = null;
  };
}

/** The hand leaves for the rest of the page: what it chose here is told first. -> a function that ends this. */
export function attachLeaving(viewer, host) {
  const listener = (event) => {
    if (viewer.meta && !event.composedPath().includes(host)) viewer.report();
  };
  const gone = new AbortController();
  const options = { capture: true, signal: gone.signal };
  for (const kind of ["pointerdown", "focusin"]) document.addEventListener(kind, listener, options);
  return () => gone.abort();
}
