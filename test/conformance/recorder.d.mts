export interface Recorder {
  port: number;
  close(): void;
}

export function startRecorder(port?: number): Promise<Recorder>;
