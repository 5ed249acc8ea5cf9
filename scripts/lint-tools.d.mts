export function lintTool(name: string): { path: string; missing?: undefined } | { path?: undefined; missing: string };
