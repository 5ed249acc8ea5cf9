// The resources of the process of tsexpose over time.

const SAMPLE_MS = 2000;
/** The part of the time that is start-up: pools and heaps fill. */
const WARM_UP = 1 / 4;
export const RESOURCES = ['rss', 'fds', 'threads', 'goroutines', 'connections'];

export class Resources {
  samples = [];
  #timer;

  /** Samples until {@link Resources.stop}. */
  start(exposure) {
    const began = performance.now();
    const sample = async () => {
      const values = await exposure.ask('resources').catch(() => undefined);
      if (values) this.samples.push({ minutes: (performance.now() - began) / 60_000, ...values });
    };
    this.#timer = setInterval(sample, SAMPLE_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** First, last and largest value, and the slope a minute after the warm-up; without those that are not known. */
  summary() {
    const known = RESOURCES.filter((name) => this.samples[0]?.[name] !== undefined);
    const steady = this.samples.slice(Math.floor(this.samples.length * WARM_UP));
    return Object.fromEntries(
      known.map((name) => {
        const values = this.samples.map((sample) => sample[name]);
        const points = steady.map((sample) => [sample.minutes, sample[name]]);
        return [name, { first: values[0], last: values.at(-1), max: Math.max(...values), slope: slopeOf(points) }];
      }),
    );
  }
}

/** The slope of the line that is nearest to the points (least squares). */
export function slopeOf(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [0, 1].map((axis) => mean(points.map((point) => point[axis])));
  const spread = points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
  if (!(spread > 0)) return 0;
  return points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0) / spread;
}
