export declare function replaceBetweenMarks(page: string, text: string): string;
