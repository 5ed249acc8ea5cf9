interface Sample {
  value?: number;
  cpu?: number;
  p99?: number;
  errors?: number;
  memory?: { rest?: number; load: number };
  error?: string;
}

export interface Results {
  works: { id: string; title: string; unit: string; programs: { label: string; samples: Sample[] }[] }[];
}

export declare function median(values: (number | undefined)[]): number | undefined;
export declare function toText(results: Results): string;
export declare function toMarkdown(results: Results): string;
