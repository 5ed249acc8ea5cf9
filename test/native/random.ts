/** Random changes of texts that can be repeated. */
/** Random choices. */
export interface Random {
  nat: (limit: number) => number;
  pick: <T>(list: readonly T[]) => T;
}

/** Returns random choices; the same seed gives the same ones. */
export function randomOf(seed: number): Random {
  const random = mulberry32(seed);
  const nat = (limit: number) => Math.floor(random() * limit);
  return { nat, pick: (list) => list[nat(list.length)]! };
}

/** Returns a text with something else in place of some characters. */
export function splice(text: string, at: number, cut: number, put: string): string {
  return text.slice(0, at) + put + text.slice(at + cut);
}

/** A small generator of random numbers with a seed. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
