// Pointer (click, drag, wheel) and keys.

import { scoreY, timeAxis, yToScore } from "./layout.js";

const DRAG_FROM = 3; // pixels; less is a click
/** Distance in pixels at which the threshold line is grabbed. */
const GRAB = { mouse: 6, touch: 16 };
let active = null; // the viewer that keys go to while nothing has the focus

export function attachPointer(viewer, surface) {
  let press = null;
  const place = (event) => {
    const box = surface.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const onThreshold = (point, y, device) => point?.panel?.kind === "pooled"
    && Math.abs(y - scoreY(point.panel, viewer.state.threshold)) < (GRAB[device] ?? GRAB.touch);

  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !viewer.state.meta) return;
    const [x, y] = place(event);
    const point = viewer.screen.probe(x, y);
    if (!point) return;
    active = viewer;
    surface.setPointerCapture(event.pointerId);
    press = { point, x, threshold: onThreshold(point, y, event.pointerType), moved: false };
  });
  surface.addEventListener("pointermove", (event) => {
    if (!viewer.state.meta) return;
    const [x, y] = place(event);
    if (!press) {
      const point = viewer.screen.probe(x, y);
      viewer.state.overThreshold = onThreshold(point, y, "mouse");
      surface.style.cursor = viewer.state.overThreshold ? "ns-resize" : point ? "crosshair" : "default";
      viewer.setCursor(event.pointerType === "mouse" ? point : null);
      return;
    }
    if (press.threshold) {
      viewer.setThreshold(yToScore(press.point.panel, y), false);
      return;
    }
    press.moved ||= Math.abs(x - press.x) > DRAG_FROM;
    if (!press.moved) return;
    const { view } = viewer.state;
    const time = timeAxis(viewer.screen.layout, view).seconds(press.point.column, x);
    const [start, end] = [press.point.time, Math.min(view.end, Math.max(view.start, time))]
      .sort((a, b) => a - b);
    viewer.setDrag({ start, end });
  });
  const release = (event) => {
    if (!press) return;
    const { drag } = viewer.state;
    viewer.setDrag(null);
    if (press.threshold) viewer.reporter.schedule();
    else if (event.type === "pointerup" && press.moved && drag) viewer.selectSpan(drag, !event.shiftKey);
    else if (event.type === "pointerup" && !press.moved) viewer.seek(press.point.time);
    press = null;
  };
  surface.addEventListener("pointerup", release);
  surface.addEventListener("pointercancel", release);
  surface.addEventListener("pointerleave", () => viewer.setCursor(null));
  surface.addEventListener("dblclick", () => viewer.showWholeClip());
  surface.addEventListener("wheel", (event) => {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!viewer.state.meta || !(event.ctrlKey || event.metaKey || event.shiftKey || sideways)) return;
    const point = viewer.screen.probe(...place(event));
    if (!point) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) viewer.zoom(Math.exp(event.deltaY * 0.002), point.time);
    else {
      const { perSecond } = timeAxis(viewer.screen.layout, viewer.state.view);
      viewer.pan((event.deltaX || event.deltaY) / perSecond);
    }
    viewer.reporter.schedule();
  }, { passive: false });
}

const isTextField = (element) =>
  element?.matches?.("input:not([type=range]), textarea, select, [contenteditable=true]");

/**
 * Keys while the viewer has the focus, or nothing on the page has.
 * -> a function that removes the listener.
 */
export function attachKeys(viewer, host, scope) {
  active ??= viewer;
  scope.addEventListener("focusin", () => { active = viewer; });
  const listener = (event) => {
    if (!viewer.state.meta || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const onPage = document.activeElement;
    const inside = onPage === host;
    const idle = !onPage || onPage === document.body || onPage.matches?.("section, main, div:not([role])");
    if (!inside && !(idle && active === viewer)) return;
    const focused = inside ? scope.activeElement : null;
    if (isTextField(focused)) return;
    const isRange = focused?.type === "range";
    if (event.key === " " && focused?.matches?.("button, summary")) return; // Space presses a button
    if (isRange && /^(Arrow|Home|End|Page)/.test(event.key)) return; // they move the threshold
    if (!inside && /^(Home|End)$/.test(event.key)) return; // they scroll the page
    const digit = /^Digit(\d)$/.exec(event.code)?.[1]; // Shift+1 is "!" or another sign, by the keyboard
    if (viewer.pressKey(digit ?? event.key, event.shiftKey)) event.preventDefault();
  };
  document.addEventListener("keydown", listener);
  return () => {
    document.removeEventListener("keydown", listener);
    if (active === viewer) active = null;
  };
}

/**
 * Before anything else on the page is used, what was chosen here is reported, so that the page answers
 * to it. -> a function that removes the listeners.
 */
export function attachLeaving(viewer, host) {
  const listener = (event) => {
    if (viewer.state.meta && !event.composedPath().includes(host)) viewer.reporter.flush();
  };
  const removal = new AbortController();
  for (const kind of ["pointerdown", "focusin"]) {
    document.addEventListener(kind, listener, { capture: true, signal: removal.signal });
  }
  return () => removal.abort();
}
