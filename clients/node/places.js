// Where the daemon's socket is looked for (protocol/README.md § Finding the daemon).
import process from 'node:process';

/** A longer path does not fit the kernel's address. */
const PATH_BYTES_MAX = 107;

/**
 * The paths to try, in order. `isOwn` marks what only this user's daemon could have made: that it
 * may not be entered there is an error, not a reason to look further.
 *
 * @param {string} [explicit] - The path that the user names; no other is tried then.
 * @param {NodeJS.ProcessEnv} [environment]
 * @param {number} [uid]
 * @returns {{path: string, isOwn: boolean}[]}
 */
export function places(explicit, environment = process.env, uid = process.getuid?.()) {
  if (explicit !== undefined) return [{ path: explicit, isOwn: true }];
  if (environment.IMAGED_SOCKET) return [{ path: environment.IMAGED_SOCKET, isOwn: true }];
  const found = [];
  const runtime = absolute(environment.XDG_RUNTIME_DIR);
  if (runtime) found.push({ path: `${runtime}/imaged/imaged.sock`, isOwn: true });
  found.push({ path: '/run/imaged/imaged.sock', isOwn: false });
  const data = dataDirectory(environment, uid);
  if (data) found.push({ path: `${data}/imaged.sock`, isOwn: true });
  return found;
}

function dataDirectory(environment, uid) {
  if (uid === 0) return '/var/lib/imaged';
  const state = absolute(environment.XDG_STATE_HOME);
  if (state) return `${state}/imaged`;
  const home = absolute(environment.HOME);
  return home ? `${home}/.local/state/imaged` : undefined;
}

/** A variable that must be an absolute path, as the XDG specification says. */
function absolute(path) {
  return path?.startsWith('/') ? path : undefined;
}

/**
 * Whether a search goes on after `code`.
 *
 * @param {string} code - The `code` of connect's error.
 * @param {boolean} isOwn
 */
export function goesOn(code, isOwn) {
  return code === 'ENOENT' || code === 'ECONNREFUSED' || (code === 'EACCES' && !isOwn);
}

/** Why no socket can be there, or undefined. */
export function faultOf(path) {
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) return 'ENAMETOOLONG';
  return path === '' || path.includes('\0') ? 'EINVAL' : undefined;
}

/** What the `code` of a failed connect means, for people. */
export function reasonOf(code) {
  switch (code) {
    case 'ENOENT': return 'nothing is there';
    case 'ECONNREFUSED': return 'the socket is there, but no daemon listens on it';
    case 'EACCES': return `this user may not connect`;
    case 'EAGAIN': return 'the daemon is there, but takes no new connections';
    case 'ENAMETOOLONG': return `a socket's path may have at most ${PATH_BYTES_MAX} bytes`;
    case 'EINVAL': return 'that is no path';
    default: return code;
  }
}
