import type { Recorder } from './recorder.mjs';

/** A case, as the files in cases/ have it; docs/conformance.md explains the fields. */
export interface Case {
  id: string;
  why: string;
  level: 'must' | 'should';
  caller?: string;
  send: string[] | string[][];
  answer?: string[];
  expect: object | object[];
}

export interface Caller {
  url: string;
  host?: string;
  login?: string;
  name?: string;
  picture?: string;
  ip?: string;
}

export interface Result {
  id: string;
  ok: boolean;
  problems: string[];
  status: number;
  closed: boolean;
  /** What the service received, as Latin-1. */
  bytes: string;
}

export function loadCases(): Case[];
export function runCase(one: Case, recorder: Recorder, caller: Caller): Promise<Result>;
