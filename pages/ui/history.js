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

  // The server takes an address over only where it is marked, once for each mark (see address.py).
  // Streamlit must not hear of the address without its mark: the server would answer with the choices
  // from before, which would be a step of their own and delete those that Forward leads to.
  window.addEventListener("popstate", (event) => {
    if (!event.isTrusted) return; // the one below
    event.stopImmediatePropagation();
    const address = new URL(location.href);
    address.searchParams.set("back", `${Date.now()}`);
    replace(event.state, "", address);
    window.dispatchEvent(new Event("jss-step"));
    window.dispatchEvent(new PopStateEvent("popstate", { state: event.state }));
  }, { capture: true });
})();
