import type { Recorder } from './recorder.mjs';

/** A case, as the files in cases/ have it; docs/conformance.md explains the fields. */
export interface Case {
  id: string;
  why: string;
  level: 'must' | 'should';
  caller?: string;
  /** Lines of HTTP/1.1. */
  send?: string[] | string[][];
  /** Fields of HTTP/2, for what HTTP/1.1 cannot say. */
  fields?: string[];
  answer?: string[];
  /** What the app says when it has read the head. */
  early?: string[];
  /** Seconds until the app answers. */
  delay?: number;
  /** Whether the app takes bodies for the next request. */
  unread?: boolean;
  /** Lines of a request on a second connection. */
  again?: string[];
  /** Whether the caller ends its side after the request. */
  fin?: boolean;
  /** Whether the request is sent in plain text to a port with TLS. */
  plain?: boolean;
  /** Seconds without a byte, from the app or the caller. */
  silence?: { app?: number; upload?: number; download?: number };
  expect: object | object[];
}

export interface Caller {
  url: string;
  host?: string;
  /** Authority of the proxy's certificate, as PEM. */
  ca?: string;
  login?: string;
  name?: string;
  picture?: string;
  ip?: string;
}

export interface Result {
  id: string;
  ok: boolean;
  problems: string[];
  /** Of the first answer: 0 for none, `reset` for a stream of HTTP/2 that was reset. */
  status: number | 'reset';
  closed: boolean;
  /** What the app received, as Latin-1. */
  bytes: string;
}

export type Protocol = 'http/1.1' | 'h2';

export function loadCases(protocol?: Protocol, options?: { secure?: boolean; slow?: boolean }): Case[];
export function runCase(one: Case, recorder: Recorder, caller: Caller, protocol?: Protocol): Promise<Result>;
