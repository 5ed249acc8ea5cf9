export interface Mark {
  rule: string;
  line: number;
  at: number;
  take: string;
  put: string;
}

export interface Mutation extends Mark {
  file: string;
  tests: { file: string; only: string | undefined }[];
}

export function loadMutations(): Mutation[];
export function marksOf(source: string): Mark[];
