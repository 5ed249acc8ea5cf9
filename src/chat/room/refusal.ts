import type { RefusalCode } from './event.ts';

/** Why a wish is not granted, in a code for programs and a sentence for people. */
export class Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** Milliseconds after which the same wish would be granted. */
  readonly retryAfter: number | undefined;

  constructor(code: RefusalCode, message: string, retryAfter?: number) {
    this.code = code;
    this.message = message;
    this.retryAfter = retryAfter;
  }
}
