export const TESTS: Record<string, string[]>;
