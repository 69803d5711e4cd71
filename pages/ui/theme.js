// Charts are drawn by the server, in the colours of the theme, and Streamlit does not run a page again
// when its theme changes: so a button is pressed here that nobody sees.
(() => {
  if (window.jssTheme) return;
  const app = document.querySelector(".stApp");
  const theme = () => {
    const [red, green, blue] = getComputedStyle(app).backgroundColor.match(/\d+/g).map(Number);
    return red + green + blue < 384 ? "dark" : "light";
  };
  window.jssTheme = theme();
  new MutationObserver(() => {
    if (theme() === window.jssTheme) return;
    window.jssTheme = theme();
    document.querySelector(".st-key-history button")?.click();
  }).observe(app, { attributeFilter: ["class"] });
})();
