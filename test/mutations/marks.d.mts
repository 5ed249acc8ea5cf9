/** What stands where something stood. */
export interface Change {
  take: string;
  put: string;
}

export interface Mark {
  rule: string;
  line: number;
  at: number;
  mutations: Change[];
}

export interface Mutation extends Change {
  rule: string;
  file: string;
  line: number;
  at: number;
  tests: { file: string; only: string | undefined }[];
}

export function loadMutations(): Mutation[];
export function marksOf(source: string, file?: string): Mark[];
