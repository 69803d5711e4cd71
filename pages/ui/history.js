// The app writes every choice into the address. Only some of them are worth a step of the Back button:
// another page, set or clip. All others replace the entry of the history that they belong to.
(() => {
  if (window.jssHistory) return;
  window.jssHistory = true;
  const STEPS = ["clips", "clip", "scene", "data"];
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);

  history.pushState = (state, title, address) => {
    const [before, after] = [new URL(location.href), new URL(address ?? "", location.href)];
    const value = (url, name) => url.searchParams.get(name);
    const isStep = before.pathname !== after.pathname || STEPS.some((name) =>
      value(before, name) && value(after, name) && value(before, name) !== value(after, name));
    (isStep ? push : replace)(state, title, address);
    if (isStep) window.dispatchEvent(new Event("jss-step")); // the viewer drops what it shows
  };

  // For a moment after a choice the server ignores the choice before it, in case that comes from an
  // address that was sent before the browser knew. Here it is meant: it is sent again, marked.
  window.addEventListener("popstate", (event) => {
    const address = new URL(location.href);
    if (address.searchParams.has("back")) return;
    address.searchParams.set("back", "1");
    replace(event.state, "", address);
    window.dispatchEvent(new Event("jss-step"));
    window.dispatchEvent(new PopStateEvent("popstate", { state: event.state }));
  });
})();
