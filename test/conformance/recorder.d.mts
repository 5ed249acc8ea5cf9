export interface RecordedRequest {
  line: string;
  headers: [name: string, value: string][];
  body: string;
  trailers: string[];
}

export interface Recorder {
  port: number;
  requests: RecordedRequest[];
  reset(answer?: string): void;
  close(): void;
}

export function startRecorder(port?: number): Promise<Recorder>;
