/** Budgets as ratios: the work with our code against the same work without it, on the same machine at the same time. */

const PAIRS = 5;

/** Returns the median ratio of two measurements that take turns, after one unmeasured turn of each. */
export async function medianRatio(ours: () => Promise<number>, plain: () => Promise<number>): Promise<number> {
  await plain();
  await ours();
  const ratios: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const base = await plain();
    ratios.push((await ours()) / base);
  }
  console.log(`ratios: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`);
  return ratios.sort((a, b) => a - b)[Math.floor(PAIRS / 2)]!;
}

/** Returns how long a task takes, in milliseconds. */
export async function duration(task: () => void | Promise<void>): Promise<number> {
  const start = performance.now();
  await task();
  return performance.now() - start;
}
