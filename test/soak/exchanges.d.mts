export declare function request(
  door: { url: string },
  who: string,
  options?: { agent?: false | import('node:http').Agent; body?: Uint8Array },
): Promise<void>;

export declare function events(door: { url: string }, who: string): AsyncGenerator<void, never>;
export declare function webSocket(door: { url: string }, who: string): AsyncGenerator<void, never>;
export declare function tcp(door: { port: number }, who: string): AsyncGenerator<void, never>;
