// Types for the generator of docs/api, which is plain JavaScript so that it runs without a build.
// @ts-expect-error has no declarations
import * as page from '../../scripts/api/page.mjs';
// @ts-expect-error has no declarations
import * as docs from '../../scripts/api-docs.mjs';

export interface Api {
  symbols: { name: string; kind: string; doc: { text: string } }[];
}

export interface Example {
  name: string;
  source: string;
}

export const readApi: () => Record<string, Api> = docs.readApi;
export const apiPages: (api: Record<string, Api>) => Record<string, string> = docs.apiPages;
export const examples: (api: Api) => Example[] = page.examples;
