/** undici, which takes a tenth of a second and 20 MB to load, and which many processes never need. */
import { packageRequire } from './package-root.ts';

/** Returns undici; loads it on first use. A bundler of CommonJS only sees the plain `require()`. */
export const undici = (): typeof import('undici') =>
  typeof require === 'function' ? require('undici') : packageRequire('undici');
