export declare class Fault extends Error {
  constructor(kind: string, message: string);
  kind: string;
}

export declare function faultOf(error: unknown): 'lost' | 'hung' | 'reset' | 'wrong';

export declare class Excuses {
  begin(): void;
  end(): void;
  cover(time: number): boolean;
}
