export function cutNotes(changelog: string, version: string): string;
export function releaseProblems(root: string, version: string): string[];
