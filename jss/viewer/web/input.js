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
    && Math.abs(y - scoreY(point.panel, viewer.state.line)) < (GRAB[device] ?? GRAB.touch);

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
      surface.style.cursor = viewer.state.overThreshold ? "ns-resize"
        : !point ? "default"
          : viewer.canBePlayed(point.panel) || viewer.eventUnder(point) ? "pointer" : "crosshair";
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
    const { area } = press.point;
    const time = timeAxis(area.w, view).seconds(area.x, x);
    const [start, end] = [press.point.time, Math.min(view.end, Math.max(view.start, time))]
      .sort((a, b) => a - b);
    viewer.setDrag({ start, end });
  });
  const release = (event) => {
    if (!press) return;
    const { drag } = viewer.state;
    viewer.setDrag(null);
    if (press.threshold) viewer.setThreshold(viewer.state.threshold, true);
    else if (event.type === "pointerup" && press.moved && drag) viewer.selectSpan(drag, !event.shiftKey);
    else if (event.type === "pointerup" && !press.moved) viewer.press(press.point);
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
      const { perSecond } = timeAxis(point.area.w, viewer.state.view);
      viewer.pan((event.deltaX || event.deltaY) / perSecond);
    }
    viewer.reporter.schedule();
  }, { passive: false });
}

const isTextField = (element) => element?.matches?.("textarea, select, [contenteditable=true], "
  + "input:not([type=range], [type=checkbox], [type=radio], [type=button], [type=file])");
/** Pressed by Space where it has the focus, unless a pointer gave it the focus. */
const isPressable = (element) => element?.matches?.("button, summary, input, a[role], [role]:not(.plot)");

/** What lies over the page of Streamlit. */
const CLOSED_BY_ESCAPE = "[data-testid=stPopoverBody], [role=dialog], [role=listbox]";

/**
 * Keys while the viewer has the focus, or nothing on the page has, or only what a pointer has pressed:
 * Space after a click on any button plays, and does not press the button again.
 * -> a function that removes the listeners.
 */
export function attachKeys(viewer, host, scope) {
  active ??= viewer;
  let byPointer = false; // how the element that has the focus came by it
  let consumed = false; // whether the Space that is down was ours
  scope.addEventListener("focusin", () => { active = viewer; });

  /** The element that has the focus, or null where the key is none of ours. */
  const target = (event) => {
    const onPage = document.activeElement;
    if (onPage === host) return scope.activeElement ?? host;
    if (active !== viewer || isTextField(onPage)) return null;
    const idle = !onPage || onPage === document.body || onPage.matches?.("section, main, div:not([role])");
    if (idle) return document.body;
    const pressed = byPointer && (event.key === " " || onPage.matches("button:not([role])"));
    return pressed || (event.key === " " && !isPressable(onPage)) ? onPage : null;
  };
  const keydown = (event) => {
    if (event.key === "Tab") byPointer = false;
    if (!viewer.state.meta || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const focused = target(event);
    if (!focused || isTextField(focused)) return;
    if (event.key === " " && isPressable(focused) && !byPointer) return;
    if (event.key === "Escape" && document.querySelector(CLOSED_BY_ESCAPE)) return;
    if (focused.type === "range" && /^(Arrow|Home|End|Page)/.test(event.key)) return; // moves the threshold
    if (document.activeElement !== host && /^(Home|End)$/.test(event.key)) return; // they scroll the page
    const digit = /^Digit(\d)$/.exec(event.code)?.[1]; // Shift+1 is "!" or another sign, by the keyboard
    if (!viewer.pressKey(digit ?? event.key, event.shiftKey)) return;
    consumed = event.key === " ";
    event.preventDefault();
  };
  const keyup = (event) => { // some browsers press a button when Space is released
    if (event.key !== " " || !consumed) return;
    consumed = false;
    event.preventDefault();
  };
  const removal = new AbortController();
  const options = { signal: removal.signal, capture: true };
  document.addEventListener("pointerdown", () => { byPointer = true; }, options);
  document.addEventListener("keydown", keydown, options);
  document.addEventListener("keyup", keyup, options);
  return () => {
    removal.abort();
    if (active === viewer) active = null;
  };
}

/**
 * The address names another clip, before the page has sent it: nothing of this one may stay.
 * -> a function that removes the listener.
 */
export function attachSteps(viewer) {
  const listener = () => {
    const address = new URLSearchParams(location.search);
    const named = ["clip", "scene"].map((name) => address.get(name)).filter(Boolean);
    if (viewer.state.meta && named.length && !named.includes(viewer.clip)) viewer.leave();
  };
  const removal = new AbortController();
  window.addEventListener("jss-step", listener, { signal: removal.signal });
  return () => removal.abort();
}

/**
 * The page's own buttons Previous and Next, where it has them: the server joins presses that come while it
 * is busy into one, so they are counted here. -> a function that removes the listener.
 */
export function attachStepButtons(viewer) {
  const removal = new AbortController();
  document.addEventListener("click", (event) => {
    if (!viewer.canStep) return;
    for (const [name, count] of [["Previous", -1], ["Next", 1]]) {
      if (!event.target.closest?.(`.st-key-${name}-${viewer.stepped} button`)) continue;
      event.preventDefault();
      event.stopImmediatePropagation();
      viewer.step(count);
    }
  }, { capture: true, signal: removal.signal });
  return () => removal.abort();
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
