/** Values that this browser keeps. Storage can be disabled: then nothing is kept. */

export function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function write(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // the value then lasts for this page
  }
}
