export type { TailnetServer as TailnetListener } from './server.ts';
