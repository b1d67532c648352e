// What some tests need and not every machine has.
import { execFileSync } from 'node:child_process';
import process from 'node:process';

const isRequired = Boolean(process.env.IMAGED_REQUIRE_TOOLS);

function isInstalled(program) {
  try {
    execFileSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Options of a test that uses `program`: it is skipped by name where that is missing, but with
 * IMAGED_REQUIRE_TOOLS it is run, and fails.
 */
export function uses(program) {
  return isRequired || isInstalled(program) ? {} : { skip: `${program} is not installed` };
}

/** Options of a test that uses the real daemon. */
export const usesDaemon = process.env.IMAGED || isRequired || isInstalled('imaged')
  ? {} : { skip: 'no daemon: IMAGED does not say where imaged is' };
