import { EXIT } from '../../errors.ts';
import { type Plan, withTarget } from '../../expose/plan.ts';
import type { Shutdown } from '../run/shutdown.ts';
import type { Screen } from '../screen/screen.ts';
import { Child } from './child.ts';

export interface StartedAppOptions {
  /** The command that starts it. */
  words: readonly string[];
  env: NodeJS.ProcessEnv;
  screen: Screen;
  shutdown: Shutdown;
}

/** Starts an app with its output on the screen. When it ends, so does the command. */
export function startApp({ words, env, screen, shutdown }: StartedAppOptions): Child {
  const onLine = (line: string) => (screen.showOutput ? screen.showOutput(line) : screen.log(line));
  const app = new Child(words, onLine, env, screen.terminal);
  app.ended.then((error) => {
    shutdown.end({ reason: 'the app exited', exit: error ? EXIT.failed : EXIT.done, ...(error && { error }) });
  });
  return app;
}

export interface PortOptions extends StartedAppOptions {
  plan: Plan;
  /** The target that stands for the port in the plan. */
  pending: string;
  /** Milliseconds; 0 for no limit. */
  timeout: number;
}

/** Waits for the port of a started app, and returns the plan with it. */
export async function withPort(app: Child, options: PortOptions): Promise<Plan> {
  const { words, screen, shutdown, plan, pending, timeout } = options;
  screen.log(`waiting for ${words.join(' ')} to listen on a port`);
  return withTarget(plan, pending, `localhost:${await app.port({ timeout, signal: shutdown.signal })}`);
}
