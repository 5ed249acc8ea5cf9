import type { Results } from './report.mjs';

export declare function chart(results: Results): string;
