export interface RecordedRequest {
  line: string;
  headers: [name: string, value: string][];
  body: string;
  trailers: string[];
  /** Number of the connection that it came on. */
  connection: number;
}

export interface Recorder {
  port: number;
  requests: RecordedRequest[];
  reset(behavior?: { answer?: string; early?: string; unread?: boolean; delay?: number }): void;
  close(): void;
}

export function startRecorder(port?: number): Promise<Recorder>;
