/**
 * Whether tests that need a program of the system are left out here, which is said along with what brings it. In CI they
 * are not left out: without the program they fail.
 */
export function isLeftOut(program: string, found: boolean, cure: string): boolean {
  if (found || process.env.CI) return false;
  console.warn(`No ${program}: the tests that need it are skipped (${cure}).`);
  return true;
}
