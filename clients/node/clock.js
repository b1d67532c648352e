// Time limits of a call, by the client's own clock.
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';

/** A longer timer would end at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const NANOSECONDS_MAX = 2n ** 63n - 1n;

/**
 * Calls `over` once, `ms` milliseconds from now, or a little later.
 *
 * A program that was busy meanwhile finds its timer over and the answer unread in the socket: what
 * is there is read first.
 *
 * @param {number} ms - Infinity: never.
 * @param {() => void} over
 * @returns {() => void} Stops it.
 */
export function after(ms, over) {
  if (ms === Infinity) return () => {};
  const end = performance.now() + ms;
  let timer;
  let isStopped = false;
  const wait = () => {
    const left = Math.max(0, end - performance.now());
    timer = setTimeout(() => {
      if (performance.now() < end) wait();
      else setImmediate(() => { if (!isStopped) over(); });
    }, Math.min(left, TIMER_MS_MAX));
  };
  wait();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

/**
 * Milliseconds as `timeout_nano`: Infinity is 0, no deadline; what is over already is negative.
 *
 * @param {number} ms
 * @returns {bigint}
 */
export function timeoutNano(ms) {
  if (ms === Infinity) return 0n;
  // What overflows is no integer: it is looked at before it becomes one.
  if (!(ms * 1e6 < 2 ** 63)) return NANOSECONDS_MAX;
  const nanoseconds = BigInt(Math.round(Math.max(-1, ms) * 1e6));
  return nanoseconds <= 0n ? -1n : nanoseconds;
}
