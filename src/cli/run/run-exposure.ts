import type { ControlSocket } from '../../control-socket/server.ts';
import { EXIT } from '../../errors.ts';
import type { ExposeEvent } from '../../events.ts';
import type { Exposure } from '../../expose/expose.ts';
import type { JoinOptions } from '../../expose/options.ts';
import type { Plan } from '../../expose/plan.ts';
import type { Target } from '../../proxy/target/target-types.ts';
import { launcher } from '../background/launcher.ts';
import { isAbort } from '../failure.ts';
import type { Screen } from '../screen/screen.ts';
import { Activity } from './activity.ts';
import { publishExposure } from './publish-exposure.ts';
import { nodeStopped, type Shutdown } from './shutdown.ts';
import { startNode } from './start-node.ts';

export interface HoldOptions {
  /** How the node joins. */
  node: JoinOptions;
  /** Puts the app on the tailnet, see {@link startPlan}. */
  start: (node: JoinOptions) => Promise<Exposure>;
  screen: Screen;
  shutdown: Shutdown;
  /** What is behind it, for screens that show whether it is up. @default [] */
  targets?: readonly Target[];
  /** Whether to show the node's own log. */
  verbose?: boolean;
  /** Whether the tailnet is a sandbox, which the internet cannot reach. @default false */
  sandbox?: boolean;
  /** Called once the app is on the tailnet. */
  onReady?: (exposure: Exposure) => Promise<void>;
}

/**
 * Puts an app on the tailnet and keeps it there until the shutdown; resolves with the exit code. Leaves nothing behind,
 * whatever the cause. Run it inside {@link behindScreen}.
 */
export async function holdExposure(hold: HoldOptions): Promise<number> {
  const { node, start, screen, shutdown, verbose, sandbox = false, onReady, targets = [] } = hold;
  const show = (event: ExposeEvent) => {
    if (event.event === 'closed' && shutdown.cause) screen.show({ ...event, reason: shutdown.cause.reason });
    else screen.show(sandbox ? withoutPublic(event) : event);
  };
  // Hold back the ready event, and the events after it, until `whois` and `status` find the node too.
  let held: ExposeEvent[] | undefined;
  const activity = new Activity();
  const onEvent = (event: ExposeEvent) => {
    activity.observe(event);
    if (event.event === 'ready') held = [];
    if (held) held.push(event);
    else show(event);
  };
  const log = verbose ? (line: string) => screen.log(line) : undefined;
  const exposure = await startNode({ ...node, log, onEvent }, shutdown, start);
  let controlSocket: ControlSocket | undefined;
  try {
    controlSocket = await publishExposure(exposure, shutdown, screen, activity, sandbox);
    held?.forEach(show);
    held = undefined;
    screen.follow?.({
      targets,
      get callers() {
        return exposure.callers;
      },
    });
    await onReady?.(exposure);
    await launcher()?.release();
    const closed = exposure.closed.then(() => shutdown.end(nodeStopped(exposure.tailnet.failure)));
    await Promise.race([shutdown.wait(), closed]);
    if (shutdown.cause?.exit === EXIT.interrupted) screen.showStopping();
  } finally {
    await Promise.all([exposure.close(), controlSocket?.close()]);
  }
  const { error, exit } = await shutdown.wait();
  if (error) throw error;
  return exit;
}

function withoutPublic(event: ExposeEvent): ExposeEvent {
  return 'public' in event ? { ...event, public: undefined } : event;
}

/**
 * Runs a command that has a screen, and closes the screen afterwards. If the shutdown comes while the node, the sandbox
 * or the app is still starting, shows the same `closed` event as later.
 */
export async function behindScreen(screen: Screen, shutdown: Shutdown, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!isAbort(error) || !shutdown.cause) throw error;
    screen.show({ event: 'closed', reason: shutdown.cause.reason });
    if (shutdown.cause.error) throw shutdown.cause.error;
    return shutdown.cause.exit;
  } finally {
    await screen.close();
  }
}

/** Returns a function that exposes what a plan says, on a node that joins otherwise. */
export function startPlan(plan: Plan): HoldOptions['start'] {
  return async (node) => {
    // The addon is loaded only to start a node.
    const { exposePlan } = await import('../../expose/expose.ts');
    return exposePlan({ ...plan, node });
  };
}
