/** Runs `tsexpose chat`. */

import { type HostOptions, type HttpsMode, hostChat } from '../../chat/host.ts';
import { Chat } from '../../chat/room/chat.ts';
import type { MessageEvent } from '../../chat/room/event.ts';
import { LocalLink } from '../../chat/transport/local-link.ts';
import { EXIT } from '../../errors.ts';
import type { Exposure } from '../../expose/expose.ts';
import type { JoinOptions } from '../../expose/options.ts';
import { jsonLine } from '../../ui/printable.ts';
import { tellLauncher } from '../run/background-screen.ts';
import { inSandbox, startOwnSandbox } from '../run/own-sandbox.ts';
import { behindScreen, holdExposure } from '../run/run-exposure.ts';
import { callersOf, openDoor, openDoors } from '../run/sandbox-doors.ts';
import { Shutdown } from '../run/shutdown.ts';
import { LineWriter } from '../screen/line-writer.ts';
import { isLiveTerminal, openScreen } from '../screen/open-screen.ts';
import type { Screen } from '../screen/screen.ts';
import type { ChatTerminal } from './chat-terminal.tsx';

/** How often the log reports the numbers of people and messages, in milliseconds. */
const COUNTS_MS = 5_000;

export interface ChatCommandOptions {
  node: JoinOptions;
  history: number;
  https: HttpsMode;
  sandbox: boolean;
  json: boolean;
  verbose: boolean;
}

/** Runs a chat until it is stopped; resolves with the exit code. */
export async function runChat({ node, history, https, sandbox, json, verbose }: ChatCommandOptions): Promise<number> {
  using shutdown = new Shutdown();
  const chat = new Chat({ history });
  const { name } = node;
  const onClosed = shutdown.endOutput;
  let terminal: ChatTerminal | undefined;
  if (!json && isLiveTerminal()) {
    // Loads React and ink.
    const { ChatTerminal } = await import('./chat-terminal.tsx');
    terminal = new ChatTerminal({ name, sandbox, onClosed });
  }
  const screen = terminal ?? tellLauncher(await openScreen({ json, name, onClosed }), shutdown);
  // No browser trusts the certificates of a sandbox.
  const host: HostOptions = { https: sandbox ? 'off' : https };
  const hold = (node: JoinOptions, ready: (exposure: Exposure) => Promise<void> = async () => {}) => {
    const start = (given: JoinOptions) => exposeChat(given, chat, host);
    const onReady = async (exposure: Exposure) => {
      await ready(exposure);
      if (terminal) await enter(terminal, chat, exposure, shutdown);
      else if (json) printMessages(chat);
      else printCounts(chat, screen);
    };
    return holdExposure({ node, screen, shutdown, sandbox, verbose, start, onReady });
  };
  return await behindScreen(screen, shutdown, async () => {
    try {
      if (!sandbox) return await hold(node);
      await using own = await startOwnSandbox(shutdown);
      return await hold(inSandbox(node, own), async (exposure) => {
        const doors = await openDoors(own, callersOf(own), exposure);
        const [first] = own.people;
        const line = first && (await openDoor(own, first.id, `${exposure.fqdn}:2323`));
        screen.showDoors(
          line ? [...doors, { who: `${line.who} (nc)`, url: line.url.replace(/^\w+:/, 'tcp:') }] : doors,
        );
      });
    } finally {
      chat.close();
    }
  });
}

/** Puts a chat on the tailnet, as `expose()` does with an app. */
async function exposeChat(options: JoinOptions, chat: Chat, host: HostOptions): Promise<Exposure> {
  const report = options.onEvent ?? (() => {});
  const { joinTailnet } = await import('../../expose/expose.ts');
  const tailnet = await joinTailnet(options);
  try {
    const onWarning = ({ message }: Error) => report({ event: 'warning', code: 'TSEXPOSE_HTTPS', message });
    const hosted = await hostChat(tailnet, chat, { ...host, onWarning, signal: options.signal });
    const { name, fqdn, ips } = tailnet;
    const { urls } = hosted;
    const target = 'chat';
    report({ event: 'ready', name, fqdn, urls, ips, target });
    let closing: Promise<void> | undefined;
    const closed = new Promise<void>((resolve) => tailnet.once('close', resolve));
    const close = () => {
      closing ??= hosted
        .close()
        .then(() => tailnet.close({ timeout: 0 }))
        .then(() => report({ event: 'closed', reason: 'closed' }));
      return closing;
    };
    return { name, fqdn, urls, ips, target, callers: [], tailnet, closed, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await tailnet.close({ timeout: 0 });
    throw error;
  }
}

/** Connects the terminal of the person who runs the chat. The chat ends when they leave. */
async function enter(terminal: ChatTerminal, chat: Chat, { tailnet }: Exposure, shutdown: Shutdown): Promise<void> {
  const link = new LocalLink(chat, await tailnet.whois(tailnet.ips[0]!));
  terminal.attach(link);
  link.on('state', ({ name }) => name === 'ended' && shutdown.end({ reason: 'you left the chat', exit: EXIT.done }));
  link.enter();
}

function printMessages(chat: Chat): void {
  const out = new LineWriter(process.stdout);
  chat.on('message', ({ type: event, ...message }: MessageEvent) => {
    out.write(jsonLine({ event, ...message }), { droppable: true });
  });
}

/** Logs the numbers of people, rooms, and messages; what people say stays out of the log. */
function printCounts(chat: Chat, screen: Screen): void {
  let due: NodeJS.Timeout | undefined;
  const print = () => {
    due = undefined;
    const { people, rooms, messages } = chat.counts;
    screen.log(`people: ${people}, rooms: ${rooms}, messages so far: ${messages}`);
  };
  chat.on('change', () => {
    if (!due) due = setTimeout(print, COUNTS_MS).unref();
  });
}
