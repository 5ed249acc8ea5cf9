/** One security rule, and how to take it out of the sources. */
export interface Mutation {
  rule: string;
  /** Path from the root of the project. */
  file: string;
  take: string;
  put: string;
  tests: { file: string; only: string | undefined }[];
}

export function loadMutations(): Mutation[];
