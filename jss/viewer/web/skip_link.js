// The first stop of the Tab key on a page with a viewer: from there one key leads to the player.

import { element } from "./toolbar.js";

const HIDDEN = "position:fixed;left:-999px";
const VISIBLE = "position:fixed;left:12px;top:8px;z-index:1000000;padding:8px 14px;border-radius:6px;"
  + "border:2px solid currentColor;font:14px sans-serif;background:Canvas;color:CanvasText";

/** play: a function that gives the focus to the player. -> a function that removes the link. */
export function addSkipLink(play) {
  const show = (style) => ({ target }) => target.setAttribute("style", style);
  const link = element("button", { type: "button", style: HIDDEN, onclick: play,
    onfocus: show(VISIBLE), onblur: show(HIDDEN) }, "Skip to the player");
  document.body.prepend(link);
  return () => link.remove();
}
