import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ClientEvent, ServerEvent } from '../../chat/room/event.ts';
import type { ChatClient } from '../../chat/transport/client.ts';
import { plainText, transcript } from '../../chat/transport/transcript.ts';
import { EXIT } from '../../errors.ts';
import { jsonLine, printable } from '../../ui/printable.ts';
import type { Shutdown } from '../run/shutdown.ts';
import { LineWriter } from '../screen/line-writer.ts';

/** Events that only matter at the moment they arrive. */
const FLEETING = new Set<ServerEvent['type']>(['pong', 'typing', 'rooms']);
/** How many messages are read ahead of what the chat has acknowledged. */
const READ_AHEAD = 16;

export interface PipeOptions {
  /** Resolves when the client is connected. */
  connected: Promise<void>;
  json: boolean;
  shutdown: Shutdown;
}

/**
 * Connects a chat to standard input and output: each line is a message, or with `json` an event. Ends when standard input
 * has ended and the chat has acknowledged everything; if standard input is /dev/null, when the command is stopped.
 */
export async function pipeChat(client: ChatClient, { connected, json, shutdown }: PipeOptions): Promise<void> {
  const out = new LineWriter(process.stdout, shutdown.endOutput);
  let refused = false;
  client.on('event', (event) => {
    if (event.type === 'refused') refused = true;
    if (json) printEvent(event, out);
    else printTranscript(event, out);
  });
  await connected;
  const said = async () => {
    await readInput(client, json, shutdown);
    await settled(client, shutdown);
  };
  await Promise.race([hasInput() ? said() : shutdown.wait(), shutdown.wait()]);
  await out.flush();
  shutdown.end({ reason: 'standard input ended', exit: refused ? EXIT.failed : EXIT.done });
}

/** Returns whether there is a standard input to read; a service usually has /dev/null. */
function hasInput(): boolean {
  // As bigint: see standard-streams.ts.
  return process.stdin.isTTY === true || !fstatSync(0, { bigint: true }).isCharacterDevice();
}

async function readInput(client: ChatClient, json: boolean, shutdown: Shutdown): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  shutdown.signal.addEventListener('abort', () => lines.close());
  for await (const line of lines) {
    if (json) sendEvent(client, line);
    else if (line.trim() !== '') client.say(line);
    while (client.unsettled > READ_AHEAD && !shutdown.signal.aborted) await once(client, 'event');
  }
}

/** Waits until the chat has answered everything: it answers in order, and it always answers a ping. */
async function settled(client: ChatClient, { signal }: Shutdown): Promise<void> {
  const next = () => once(client, 'event', { signal }).catch(() => [undefined]);
  while (client.unsettled > 0 && !signal.aborted) await next();
  client.send({ type: 'ping' });
  let answered = false;
  while (!answered && !signal.aborted) answered = ((await next())[0] as ServerEvent | undefined)?.type === 'pong';
}

/** Sends a line of JSON: an event with `event` in place of `type`, or a string as a message. */
function sendEvent(client: ChatClient, line: string): void {
  if (line.trim() === '') return;
  const value = parseJson(line);
  const { event: type, ...fields } = typeof value === 'string' ? { event: 'say', text: value } : Object(value);
  if (type === 'say' && typeof fields.text === 'string') {
    const { ref } = fields;
    client.say(fields.text, typeof ref === 'string' ? ref : undefined);
  } else client.send({ type, ...fields } as ClientEvent);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function printEvent({ type: event, ...fields }: ServerEvent, out: LineWriter): void {
  if (!FLEETING.has(event)) out.write(jsonLine({ event, ...fields }));
}

/** Prints messages on standard output, and everything else on standard error. */
function printTranscript(event: ServerEvent, out: LineWriter): void {
  for (const line of transcript(event)) {
    const text = plainText(line).split('\n').map(printable).join('\n');
    if (line.who) out.write(text);
    else process.stderr.write(`${text}\n`);
  }
}
