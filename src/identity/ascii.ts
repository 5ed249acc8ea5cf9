/**
 * Lowers ASCII letters only. `toLowerCase` turns U+212A, the Kelvin sign, into a `k`, so that someone with the login
 * `\u212aate@example.com` would pass for `kate@example.com`.
 */
export function asciiLower(text: string): string {
  // rule: letters are folded in ASCII only
  // mutate: /[A-Z]+/g => /.+/g
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
