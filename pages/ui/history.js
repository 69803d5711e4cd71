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
  const mark = () => {
    const address = new URL(location.href);
    address.searchParams.set("back", `${Date.now()}`);
    replace(history.state, "", address);
    window.dispatchEvent(new Event("jss-step"));
  };
  // Chromium calls the listeners of the window in the order in which they were added, also those that
  // capture, and Streamlit's was there before this one. What comes before popstate is heard in time.
  if (window.navigation) {
    window.navigation.addEventListener("currententrychange", (event) => {
      if (event.navigationType === "traverse") mark();
    });
  } else window.addEventListener("popstate", mark, { capture: true });
})();
