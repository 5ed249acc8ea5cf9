/** Runs `tsexpose chat join`. */

import { roomName } from '../../chat/room/room-name.ts';
import { ChatClient } from '../../chat/transport/client.ts';
import type { ChatLink } from '../../chat/transport/link.ts';
import { EXIT, TsexposeError } from '../../errors.ts';
import type { ExposeEvent } from '../../events.ts';
import type { JoinOptions } from '../../expose/expose.ts';
import { plainLines } from '../../ui/plain.ts';
import { jsonLine } from '../../ui/printable.ts';
import { isAbort } from '../failure.ts';
import { Shutdown } from '../run/shutdown.ts';
import { isLiveTerminal } from '../screen/open-screen.ts';
import type { ChatTerminal } from './chat-terminal.tsx';
import { pipeChat } from './pipe.ts';
import { chatUrl, isReachable, type Route, routeByNode } from './route.ts';

export interface JoinCommandOptions {
  /** Name or URL of the chat. */
  host: string;
  /** Empty for the lobby. */
  room: string;
  /** Options for a node of its own, which starts if this machine cannot reach the chat by itself. */
  node: JoinOptions;
  /** Whether the node starts in any case. */
  wantsNode: boolean;
  json: boolean;
}

/** Joins a chat until the user leaves; resolves with the exit code. */
export async function joinChat({ host, room, node, wantsNode, json }: JoinCommandOptions): Promise<number> {
  const url = chatUrl(host);
  const name = readRoom(room);
  using shutdown = new Shutdown();
  let terminal: ChatTerminal | undefined;
  if (!json && isLiveTerminal() && process.stdin.isTTY) {
    // Loads React and ink.
    const { ChatTerminal } = await import('./chat-terminal.tsx');
    terminal = new ChatTerminal({ name: node.name, onClosed: shutdown.endOutput });
  }
  const onEvent = terminal ? (event: ExposeEvent) => terminal.show(event) : json ? printJson : printPlain;
  let route: Route | undefined;
  try {
    const direct = !wantsNode && (await isReachable(url));
    if (!direct && !wantsNode) onEvent(ownNode(url, node.name));
    route = direct
      ? { url: url.origin, close: async () => {} }
      : await routeByNode(url, { ...node, onEvent }, shutdown);
    const client = new ChatClient(route.url, { room: name, agent: route.agent });
    endWith(client, shutdown);
    terminal?.attach(client);
    const connected = client.connect({ signal: shutdown.signal });
    await (terminal ? connected : pipeChat(client, { connected, json, shutdown }));
    await shutdown.wait();
    client.close();
  } catch (error) {
    if (!isAbort(error) || !shutdown.cause) throw error;
  } finally {
    await route?.close();
    await terminal?.close();
  }
  const { error, exit } = shutdown.cause ?? { exit: EXIT.done };
  if (error) throw error;
  return exit;
}

function ownNode({ hostname }: URL, name: string): ExposeEvent {
  const message = `This machine cannot reach ${hostname} over Tailscale. Starting a node of its own: ${name}.`;
  return { event: 'warning', code: 'TSEXPOSE_OWN_NODE', message };
}

function readRoom(text: string): string {
  const room = roomName(text);
  if (room !== undefined) return room;
  const message = `Expected a room name of 1 to 32 letters, digits, and hyphens, got ${JSON.stringify(text)}.`;
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions: ['--room design'] });
}

/** Ends the command when the link ends. */
function endWith(link: ChatLink, shutdown: Shutdown): void {
  link.on('state', (state) => {
    if (state.name !== 'ended') return;
    const error = state.wanted ? undefined : new TsexposeError('ERR_TSEXPOSE_CHAT', state.reason);
    shutdown.end({ reason: state.reason, exit: error ? EXIT.failed : EXIT.done, error });
  });
}

function printJson(event: ExposeEvent): void {
  process.stdout.write(`${jsonLine(event)}\n`);
}

function printPlain(event: ExposeEvent): void {
  for (const { text } of plainLines(event, new Date())) process.stderr.write(`${text}\n`);
}
