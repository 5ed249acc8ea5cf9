/**
 * Returns whether to skip tests because a program is not installed, and warns with the command that installs it. In CI
 * they are never skipped: without the program they fail.
 */
export function isLeftOut(program: string, found: boolean, installCommand: string): boolean {
  if (found || process.env.CI) return false;
  console.warn(`${program} is not installed; skipping the tests that need it (${installCommand}).`);
  return true;
}
