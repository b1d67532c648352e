// Listening to AbortSignals.

/** What each signal is to call. @type {WeakMap<AbortSignal, Aborts>} */
const known = new WeakMap();

/**
 * All that waits for one signal, behind one listener: a signal that ends a whole program would
 * have hundreds, and Node takes the eleventh for a leak.
 */
class Aborts {
  #signal;
  #all = new Set();
  #listener = () => { for (const aborted of [...this.#all]) aborted(); };

  constructor(signal) {
    this.#signal = signal;
  }

  add(aborted) {
    if (this.#all.size === 0) this.#signal.addEventListener('abort', this.#listener);
    this.#all.add(aborted);
  }

  delete(aborted) {
    this.#all.delete(aborted);
    if (this.#all.size === 0) this.#signal.removeEventListener('abort', this.#listener);
  }
}

/**
 * Calls `aborted` when the signal aborts, if it has not yet.
 *
 * @param {AbortSignal|undefined} signal
 * @param {() => void} aborted
 * @returns {() => void} Stops it.
 */
export function onAbort(signal, aborted) {
  if (!signal) return () => {};
  let aborts = known.get(signal);
  if (!aborts) known.set(signal, aborts = new Aborts(signal));
  aborts.add(aborted);
  return () => aborts.delete(aborted);
}
