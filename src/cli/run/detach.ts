/** Starts this command line again in the background, and shows how it starts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { findNodes } from '../../control-socket/client.ts';
import { EXIT, TsexposeError, type TsexposeErrorCode } from '../../errors.ts';
import type { ErrorFacts } from '../../ui/error-text.ts';
import { jsonLine, printable } from '../../ui/printable.ts';
import { BACKGROUND, type Place, type Progress } from '../background/launcher.ts';
import { NewLog } from '../background/log-file.ts';
import { JsonScreen } from '../screen/json-screen.ts';
import { writeError } from '../screen/log-line.ts';
import { isInteractive } from '../screen/open-screen.ts';
import { PlainScreen } from '../screen/plain-screen.ts';
import type { Screen } from '../screen/screen.ts';
import { Shutdown } from './shutdown.ts';

export interface DetachOptions {
  /** The requested name of the node. */
  name: string;
  json: boolean;
}

/**
 * Runs this command line again in a session of its own, with its output in a log; resolves with the exit code when its
 * app is on the tailnet.
 *
 * @throws TsexposeError the error with which the start failed
 */
export async function detach({ name, json }: DetachOptions): Promise<number> {
  using shutdown = new Shutdown();
  const options = { json, name, onClosed: shutdown.endOutput };
  const screen = json ? new JsonScreen(options) : new PlainScreen(options);
  const log = new NewLog(name);
  const place: Place = { stem: log.stem, watched: isInteractive() };
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, [BACKGROUND]: JSON.stringify(place) },
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    detached: true,
  });
  try {
    if (child.pid !== undefined) log.giveTo(child.pid);
    shutdown.signal.addEventListener('abort', () => child.kill('SIGTERM'));
    const started = await watchStart(child, screen);
    if (!started.up) {
      log.remove();
      return started.exit;
    }
    await showEnd({ name: started.name ?? name, pid: child.pid!, log: log.path }, json);
    return EXIT.done;
  } catch (error) {
    log.remove();
    throw error;
  } finally {
    await screen.close();
  }
}

type Start = { up: true; name: string | undefined } | { up: false; exit: number };

/** Shows what the process tells; resolves when it is up or was stopped. */
function watchStart(child: ChildProcess, screen: Screen): Promise<Start> {
  return new Promise((resolve, reject) => {
    let failure: ErrorFacts | undefined;
    let name: string | undefined;
    child.on('message', (message) => {
      const progress = message as Progress;
      if ('event' in progress) screen.show(progress.event);
      else if ('doors' in progress) screen.showDoors(progress.doors);
      else if ('line' in progress) screen.log(progress.line);
      else if ('error' in progress) failure = progress.error;
      if ('event' in progress && progress.event.event === 'ready') ({ name } = progress.event);
      if (!('up' in progress)) return;
      child.unref();
      resolve({ up: true, name });
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (failure) reject(asError(failure));
      else if (code !== null) resolve({ up: false, exit: code });
      else
        reject(new TsexposeError('ERR_TSEXPOSE_NODE_CLOSED', `The process in the background was killed by ${signal}.`));
    });
  });
}

function asError({ message, code, suggestions, cause }: ErrorFacts): Error {
  const options = { suggestions, ...(cause && { cause: new Error(cause) }) };
  if (code?.startsWith('ERR_TSEXPOSE_')) return new TsexposeError(code as TsexposeErrorCode, message, options);
  return Object.assign(new Error(message), { code: code ?? 'ERR_TSEXPOSE_INTERNAL', ...options });
}

async function showEnd({ name, pid, log }: { name: string; pid: number; log: string }, json: boolean): Promise<void> {
  if (json) {
    process.stdout.write(`${jsonLine({ event: 'detached', name, pid, log })}\n`);
    return;
  }
  const namesakes = (await findNodes()).filter(({ found }) => found.name === name);
  const which = namesakes.length > 1 ? pid : printable(name);
  writeError(`running in the background as process ${pid}`);
  writeError(`  logs: tsexpose logs ${which} -f`);
  writeError(`  stop: tsexpose stop ${which}`);
}
