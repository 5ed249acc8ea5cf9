import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { parse } from '@oclif/core/parser';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { planCommand } from '../../src/cli/flags/options.ts';
import Expose from '../../src/commands/expose.ts';
import type { TsexposeError } from '../../src/errors.ts';
import { type Exposure, expose } from '../../src/expose/expose.ts';
import { type Plan, plan } from '../../src/expose/plan.ts';
import { alice, ci } from '../identity/callers.ts';
import {
  type Apps,
  anySets,
  CACHE,
  commandLine,
  FAULTS,
  type Fault,
  type OptionSet,
  validSets,
} from './option-sets.ts';
import { useFronts } from './rig.ts';

const CHECKED = 1000;
const EXPOSED = 20;

type Outcome = { plan: Plan } | { code: string; message: string };

async function outcome(run: () => Plan | Promise<Plan>): Promise<Outcome> {
  try {
    return { plan: await run() };
  } catch (error) {
    const { code, message } = error as TsexposeError;
    if (!code?.startsWith('ERR_TSEXPOSE_')) throw error;
    return { code, message };
  }
}

/** What the command line makes of a set of options. */
function typed(options: OptionSet): Promise<Outcome> {
  return outcome(async () => {
    const { args, flags } = await parse(commandLine(options), { args: Expose.args, flags: Expose.flags });
    return planCommand(args.target, flags, { cwd: process.cwd(), env: {}, commands: ['expose', 'status'] });
  });
}

/** What can be compared of an outcome. */
function shown(outcome: Outcome) {
  if (!('plan' in outcome)) return outcome;
  const { gate, funnelAuth, ...rest } = outcome.plan;
  return { ...rest, hasPassword: funnelAuth !== undefined, admissions: [alice, ci].map((who) => gate.admit(who)) };
}

describe('a plan', () => {
  it.each(FAULTS)('is refused: $message', async ({ patch, code, message }) => {
    const refusal = await outcome(() => plan({ target: '3000', name: 'app', ...patch } as OptionSet));
    expect(refusal).toEqual({ code, message: typeof message === 'string' ? message : expect.stringMatching(message) });
  });
});

describe('the options of expose and of the command line', () => {
  const front = useFronts();
  afterAll(() => rmSync(CACHE, { recursive: true, force: true }));
  const start = async (): Promise<Apps> => ({
    http: await front.service((_, response) => response.end('hello')),
    tcp: await front.tcpService((socket) => socket.end('hello')),
  });

  /** Expects that `expose` refuses what the plan refuses, in the same words, before there is a node. */
  const expectRefusal = async (options: OptionSet, refusal: Outcome) => {
    const exposing = expose({ ...options, onEvent: (event) => front.events.push(event) });
    exposing.then(
      (exposure) => exposure.close({ timeout: 0 }),
      () => {},
    );
    await expect(exposing).rejects.toMatchObject(refusal);
    expect(front.events).toEqual([]);
  };

  it('are the same: what one accepts or refuses, the other does, with the same code and sentence', async () => {
    const apps = await start();
    const property = fc.asyncProperty(fc.oneof(anySets(apps), validSets(apps)), async (given) => {
      // The sandbox sets the variable of this flag.
      const options = { ...given, controlUrl: given.controlUrl ?? front.sandbox().controlUrl };
      const here = await outcome(() => plan(options));
      expect(shown(await typed(options))).toEqual(shown(here));
      if (!('plan' in here)) await expectRefusal(options, here);
    });
    await fc.assert(property, { numRuns: CHECKED });
  });

  it('are refused for every fault, all at once, and for nothing else', async () => {
    const apps = await start();
    const faults = fc.uniqueArray(fc.constantFrom(...FAULTS), { minLength: 1, maxLength: 3 }).map(compatible);
    const expectFaults = async (base: OptionSet, faults: Fault[]) => {
      const options = Object.assign({ ...base }, ...faults.map(({ patch }) => patch)) as OptionSet;
      const refusal = await outcome(() => plan(options));
      if ('plan' in refusal) throw new Error(`accepted: ${JSON.stringify(options)}`);
      const hidden = faults.some(({ hides }) => hides);
      const lines = refusal.message.split('\n');
      for (const { message } of faults.filter(({ late }) => !late || !hidden)) {
        expect(lines).toContainEqual(typeof message === 'string' ? message : expect.stringMatching(message));
      }
      if (lines.length === 1) expect(refusal.code).toBe(faults.find(({ late }) => !late || !hidden)?.code);
      else expect(refusal.code).toBe('ERR_TSEXPOSE_USAGE');
      expect(await typed(options)).toEqual(refusal);
      await expectRefusal(options, refusal);
      return lines;
    };
    // Each by itself, on the plainest set there is.
    for (const fault of FAULTS) {
      expect(await expectFaults({ target: String(apps.http), name: 'app' }, [fault])).toHaveLength(1);
    }
    const property = fc.asyncProperty(validSets(apps), faults, async (base, some) => {
      await expectFaults(base, some);
    });
    await fc.assert(property, { numRuns: CHECKED });
  });

  it('do not fail later: what is accepted can be exposed and called', async () => {
    const apps = await start();
    const valid = fc.sample(validSets(apps), EXPOSED);
    const any = fc
      .sample(anySets(apps), 5000)
      .filter(isAccepted)
      .slice(0, EXPOSED / 2);
    expect(any).toHaveLength(EXPOSED / 2);
    for (const options of [...valid, ...any]) {
      const { controlUrl } = front.sandbox();
      // Where the node keeps its keys, and who it is, is not what is tried here.
      const login = {
        controlUrl,
        authKey: front.sandbox().authKey('alice'),
        ephemeral: true,
        tags: [],
        timeout: 30_000,
      };
      front.events.length = 0;
      await using exposure = await front.expose(options.target, {
        ...{ ...options, ...login, service: undefined, stateDir: undefined, requireName: undefined },
      });
      await call(exposure, plan({ ...options, service: undefined }));
      const codes = front.events.flatMap((event) => (event.event === 'warning' ? [event.code] : []));
      expect({ options, codes }).toEqual({ options, codes: expect.not.arrayContaining(['ERR_TSEXPOSE_INTERNAL']) });
    }
  }, 60_000);

  /** Calls the first port of each kind; whatever the answer is, there is one. */
  const call = async ({ name, fqdn }: Exposure, { ports }: Plan) => {
    const kinds = new Map([...ports].reverse().map((port) => [port.speech, port]));
    for (const { port, speech } of kinds.values()) {
      const door = await front.sandbox().door('bob', `${name}:${port}`);
      const local = { host: '127.0.0.1', port: door.port, agent: false };
      if (speech === 'http' || speech === 'redirect') {
        const [response] = await once(get({ ...local, headers: { host: fqdn } }), 'response');
        expect(response.resume().statusCode).toBeGreaterThan(0);
      } else if (speech === 'https') {
        const tls = { servername: fqdn, ca: front.sandbox().ca, headers: { host: fqdn } };
        const [response] = await once(getSecurely({ ...local, ...tls }), 'response');
        expect(response.resume().statusCode).toBeGreaterThan(0);
      } else {
        const tls = { servername: fqdn, ca: front.sandbox().ca };
        const socket = speech === 'tls' ? connectTls({ ...local, ...tls }) : connect(local);
        await new Promise((resolve) =>
          socket
            .on('error', () => {})
            .on('close', resolve)
            .resume(),
        );
      }
      await door.close();
    }
  };
});

/** Faults that do not undo each other: each option is spoiled by one of them. */
function compatible(faults: Fault[]): Fault[] {
  const taken = new Set<string>();
  return faults.filter(({ patch }) => {
    const names = Object.keys(patch);
    if (names.some((name) => taken.has(name))) return false;
    for (const name of names) taken.add(name);
    return true;
  });
}

function isAccepted(options: OptionSet): boolean {
  try {
    return plan(options).service === undefined;
  } catch {
    return false;
  }
}
