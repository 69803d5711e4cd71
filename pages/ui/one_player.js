// One player at a time: what begins to play ends what plays, players of the page and viewers of clips.
(() => {
  if (window.jssOnePlayer) return;
  window.jssOnePlayer = true;
  document.addEventListener("play", ({ target }) =>
    window.dispatchEvent(new CustomEvent("jss-play", { detail: target })), true);
  window.addEventListener("jss-play", ({ detail }) => {
    for (const player of document.querySelectorAll("audio, video")) {
      if (player !== detail) player.pause();
    }
  });
})();
