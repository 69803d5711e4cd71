// Choices of the sound menu that are kept as long as the browser's tab is open: on every page, and after
// a reload.

/** null where a page may keep nothing, as in a sandboxed frame. */
function store() {
  try {
    return sessionStorage;
  } catch (error) {
    if (error.name !== "SecurityError") throw error;
    return null;
  }
}

/** -> whether a choice is on. */
export function isOn(name) {
  return store()?.getItem(`jss ${name}`) === "on";
}

export function keep(name, on) {
  store()?.setItem(`jss ${name}`, on ? "on" : "off");
}
