// What the browser keeps for this page: in "localStorage" for all of its tabs, in "sessionStorage" for one.

/** The value of a key; made, and kept, where there is none. */
export function kept(storage, key, make) {
  try {
    return window[storage].getItem(key) ?? keep(storage, key, make());
  } catch (error) {
    if (error.name !== "SecurityError") {
      throw error;
    }
    // The browser lets pages keep nothing.
    return make();
  }
}

export function keep(storage, key, value) {
  try {
    window[storage].setItem(key, value);
  } catch (error) {
    console.debug(error);
  }
  return value;
}
