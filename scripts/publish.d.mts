export function publishOrder(directory: string): { file: string; name: string; version: string; needs: string[] }[];
