// Settings of the sound menu, saved as long as the browser's tab is open: on every page, and after a reload.

/** null where the browser refuses it, as in a sandboxed frame. */
function storage() {
  try {
    return sessionStorage;
  } catch (error) {
    if (error.name !== "SecurityError") throw error;
    return null;
  }
}

/** -> whether a setting is on. */
export function isOn(name) {
  return storage()?.getItem(`jss ${name}`) === "on";
}

export function save(name, on) {
  storage()?.setItem(`jss ${name}`, on ? "on" : "off");
}
