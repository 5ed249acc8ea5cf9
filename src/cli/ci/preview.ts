/** A preview from the first line to the last: app → login → node → check → report → limits → gone. */
import { EXIT, hideSecret, TsexposeError } from '../../errors.ts';
import type { ReadyEvent } from '../../events.ts';
import type { Exposure } from '../../expose/expose.ts';
import type { JoinOptions } from '../../expose/options.ts';
import type { Plan } from '../../expose/plan.ts';
import { childEnvironment } from '../child/environment.ts';
import { behindScreen, holdExposure, startPlan } from '../run/run-exposure.ts';
import { Shutdown } from '../run/shutdown.ts';
import { JsonScreen } from '../screen/json-screen.ts';
import { PlainScreen } from '../screen/plain-screen.ts';
import type { Screen } from '../screen/screen.ts';
import { CiScreen } from './ci-screen.ts';
import { HttpsWait } from './https-wait.ts';
import type { Job } from './job/job.ts';
import { type LimitOptions, Limits } from './limits.ts';
import { loginOf } from './login/login.ts';
import { Report } from './report/report.ts';
import { endWithSupervisor } from './supervise.ts';
import { waitForApp } from './wait-for-app.ts';

export interface PreviewOptions extends LimitOptions {
  plan: Plan;
  job: Job;
  /** The command that starts the app. */
  words?: string[] | undefined;
  /** The target that stands for the port that the app will listen on. */
  pending?: string | undefined;
  clientId?: string | undefined;
  audience?: string | undefined;
  allow: readonly string[];
  /** Tokens of the job that the app gets. */
  passEnv: readonly string[];
  check: boolean;
  json: boolean;
  verbose: boolean;
}

/** How long to wait for the app, the tailnet and the check each, in milliseconds. */
const TIMEOUT_MS = 60_000;

/** Holds a preview until its job ends; resolves with the exit code. */
export async function runPreview(options: PreviewOptions): Promise<number> {
  const { plan, json } = options;
  const { GITHUB_TOKEN, GITLAB_TOKEN } = process.env;
  for (const token of [GITHUB_TOKEN, GITLAB_TOKEN]) if (token) hideSecret(token);
  using shutdown = new Shutdown();
  endWithSupervisor(shutdown);
  const screenOptions = { json, name: plan.node.name, onClosed: shutdown.endOutput };
  const screen = new CiScreen(json ? new JsonScreen(screenOptions) : new PlainScreen(screenOptions));
  return await behindScreen(screen, shutdown, () => openApp(options, screen, shutdown));
}

async function openApp(options: PreviewOptions, screen: Screen, shutdown: Shutdown): Promise<number> {
  const { plan, words, pending, passEnv } = options;
  // Before the app, which may take a minute.
  const login = loginOf({ ...options, node: plan.node, env: process.env, signal: shutdown.signal });
  const env = childEnvironment(process.env, { inJob: true, pass: passEnv });
  const { startApp, withPort } = await import('../child/started-app.ts');
  const app = words && { words, env, screen, shutdown };
  await using started = app && startApp(app);
  const timeout = plan.node.timeout ?? TIMEOUT_MS;
  let ready = plan;
  if (app && started && pending !== undefined) ready = await withPort(started, { ...app, plan, pending, timeout });
  await waitForApp(ready.targets, {
    timeout,
    signal: shutdown.signal,
    onWait: ({ url }) => screen.log(`waiting for ${url}`),
  });
  return await hold({ ...options, plan: ready }, login, screen, shutdown);
}

async function hold(
  options: PreviewOptions,
  login: () => Promise<string | undefined>,
  screen: Screen,
  shutdown: Shutdown,
): Promise<number> {
  const { plan, job, ttl, idle, allow, verbose } = options;
  const report = new Report(job, process.env, (event) => screen.show(event));
  using limits = new Limits();
  try {
    return await holdExposure({
      ...{ screen, shutdown, verbose },
      node: { ...plan.node, authKey: await login() },
      start: (node) => startChecked(options, node, { login, limits, screen, shutdown }),
      onReady: async (exposure) => {
        const { name, fqdn, urls, tailnet } = exposure;
        const { tags, tailnet: where } = await tailnet.status();
        if (tags.length === 0) screen.show({ event: 'warning', ...UNTAGGED });
        const facts = { key: plan.node.name, name, fqdn, urls, tailnet: where, allow, ttl, idle, commit: job.commit };
        await report.ready(facts, shutdown.signal);
        limits.start({ ttl, idle }, shutdown);
      },
    });
  } catch (error) {
    shutdown.end({ reason: 'tsexpose failed', exit: EXIT.failed, error });
    throw error;
  } finally {
    await report.gone(shutdown.cause?.reason ?? 'the job ended');
  }
}

interface Around {
  login: () => Promise<string | undefined>;
  limits: Limits;
  screen: Screen;
  shutdown: Shutdown;
}

/** Puts the app on the tailnet, and resolves once a second node has opened it. */
async function startChecked({ plan, check }: PreviewOptions, node: JoinOptions, around: Around): Promise<Exposure> {
  const { login, limits, screen, shutdown } = around;
  const checkers = new Set<string>();
  const https = new HttpsWait();
  let ready: ReadyEvent | undefined;
  let isReady = false;
  const onEvent: JoinOptions['onEvent'] = (event) => {
    // What the check does is not of interest, and no use of the preview.
    if ('caller' in event && checkers.has(event.caller.ip)) return;
    limits.observe(event);
    https.observe(event);
    if (event.event === 'ready') ready = event;
    else if (isReady || event.event !== 'addresses') node.onEvent?.(event);
  };
  const exposure = await startPlan(plan)({ ...node, onEvent });
  try {
    // Reviewers follow one link, which should be the one that stays.
    if (plan.ports.some(({ speech }) => speech === 'https')) await https.wait(exposure, shutdown.signal);
    if (check) {
      screen.log('checking from a second node that the preview can be opened');
      const { checkReachable } = await import('./reachable.ts');
      const { timeout = TIMEOUT_MS } = plan.node;
      const onJoin = (ips: string[]) => {
        for (const ip of ips) checkers.add(ip);
      };
      await checkReachable(exposure, { node, authKey: await login(), timeout, signal: shutdown.signal, onJoin });
    }
  } catch (error) {
    await exposure.close({ timeout: 0 });
    throw error;
  }
  isReady = true;
  if (ready) node.onEvent?.({ ...ready, urls: exposure.urls });
  return exposure;
}

const UNTAGGED = {
  code: 'UNTAGGED',
  message: 'The node is a person’s, so the job may reach what that person may.',
  suggestions: ['Log in with a tagged auth key, or add a tag: --tag tag:preview'],
};

/** @throws TsexposeError `ERR_TSEXPOSE_FORK` for a pull request of a fork, unless forks are allowed */
export function refuseForks({ fork, pullRequest }: Job, allowed: boolean): void {
  // rule: code of a fork does not run with the credentials of the repository
  if (fork !== undefined && !allowed) {
    const request = pullRequest === undefined ? 'This run' : `Pull request ${pullRequest}`;
    throw new TsexposeError(
      'ERR_TSEXPOSE_FORK',
      `${request} comes from ${fork}, so its code must not run with the credentials of this repository.`,
      { suggestions: ['Skip the job for forks, as docs/ci.md does.', 'Or allow anyone’s code: --allow-forks'] },
    );
  }
}
