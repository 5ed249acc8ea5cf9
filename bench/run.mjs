// Measures tsexpose beside `tailscale serve`, tsnet-proxy, and a TCP forward in Go, each a process of its own on one sandbox
// tailnet, in turn in every round. Prints one table of medians.
//
//   npm run bench -- [--quick] [--rounds 5] [--seconds 5] [--only WORK,…] [--programs NAME,…]
//                   [--json FILE] [--from FILE] [--write]
//
// `--json` keeps all samples, `--from` prints the table of such a file instead of measuring, and `--write` puts the table
// and its chart into docs/. Requires Linux, wrk, Go, and what `npm run build` builds.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeDocs } from './docs.mjs';
import { h2Client } from './load/h2.mjs';
import { missingWrk } from './load/wrk.mjs';
import { memory, watched } from './process.mjs';
import { memoryAtRest, openStage } from './programs.mjs';
import { toText } from './report.mjs';
import { PROGRAMS, works } from './works.mjs';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
    programs: { type: 'string' },
    json: { type: 'string' },
    from: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const results = flags.from ? JSON.parse(readFileSync(flags.from, 'utf8')) : await measure(settings());
if (flags.json) writeFileSync(flags.json, `${JSON.stringify(results, null, 1)}\n`);
console.log(toText(results));
if (flags.write) writeDocs(results);

/** Returns what to measure, or exits with the reason why it cannot be measured. */
function settings() {
  const { quick } = flags;
  const [rounds, seconds] = [Number(flags.rounds ?? (quick ? 1 : 5)), Number(flags.seconds ?? (quick ? 1 : 5))];
  if (!(Number.isInteger(rounds) && rounds > 0)) fail(`--rounds: expected a whole number, got ${flags.rounds}`);
  if (!(Number.isInteger(seconds) && seconds > 0)) fail(`--seconds: expected a whole number, got ${flags.seconds}`);
  const only = chosen(
    'only',
    works(false).map(({ id }) => id),
  );
  const programs = chosen('programs', PROGRAMS) ?? PROGRAMS;
  if (os.platform() !== 'linux') fail('The benchmarks read /proc and run on Linux only.');
  const missing = missingWrk();
  if (missing) fail(missing);
  const measured = works(quick, only).map((work) => ({
    ...work,
    programs: work.programs.filter((label) => programs.includes(label)),
  }));
  return { quick, rounds, seconds, works: measured };
}

/** Returns the names that a flag lists, or undefined without the flag. */
function chosen(flag, known) {
  const names = flags[flag]?.split(',');
  const unknown = names?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length > 0) fail(`--${flag}: unknown name ${unknown.join(', ')}. Choose from ${known.join(', ')}.`);
  return names;
}

async function measure({ quick, rounds, seconds, works }) {
  const stage = await openStage([...new Set(works.flatMap(({ programs }) => programs))]);
  const measured = [];
  let scheme;
  let running = new Map();
  const close = async () => {
    for (const program of running.values()) await program.close();
    running = new Map();
  };
  try {
    for (const work of works) {
      if (work.fresh || work.scheme !== scheme) await close();
      scheme = work.scheme;
      const samples = new Map(work.programs.map((label) => [label, []]));
      for (let round = 0; round < rounds; round += 1) {
        for (const label of work.programs) {
          progress(`${work.id}, round ${round + 1} of ${rounds}: ${label}`);
          samples.get(label).push(await attempt(() => one(work, label, round === 0)));
        }
      }
      const { id, title, unit } = work;
      measured.push({ id, title, unit, programs: [...samples].map(([label, list]) => ({ label, samples: list })) });
    }
  } finally {
    await close();
    await stage.close();
    progress('');
  }
  return { date: new Date().toISOString(), machine: machine(), settings: { quick, rounds, seconds }, works: measured };

  /** Takes one sample of one program. */
  async function one(work, label, isFirst) {
    if (work.fresh) {
      const program = await stage.startProgram(label, work.scheme ?? 'http');
      try {
        return work.load ? await sampleOf(program, work, 1) : { value: program.startup };
      } finally {
        await program.close();
      }
    }
    if (!running.has(label)) {
      const program = await stage.startProgram(label, work.scheme);
      running.set(label, { ...program, rest: await memoryAtRest(program) });
    }
    try {
      if (isFirst && work.warmUp !== false) await sampleOf(running.get(label), work, 1);
      return await sampleOf(running.get(label), work, seconds);
    } catch (error) {
      await running.get(label).close();
      running.delete(label); // the next sample is of a new process
      throw error;
    }
  }
}

async function sampleOf({ pid, endpoint, rest }, work, seconds) {
  const load = () => work.load({ ...endpoint, seconds }, () => memory(pid));
  const { result, cpu, most } = await watched(pid, load);
  const { count, seconds: elapsed, value = count / elapsed, p99, errors } = result;
  if (count === 0) throw new Error(`${errors} errors and no response`);
  return { value, cpu: elapsed ? cpu / count : undefined, p99, errors, memory: { rest, load: most } };
}

/** Returns a sample that says what went wrong if an attempt fails, so that the other programs are still measured. */
async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    console.error(`\n${error.message}`);
    return { error: error.message.split('\n')[0] };
  }
}

function machine() {
  const root = join(import.meta.dirname, '..');
  const tailscale = /tailscale\.com (v\S+)/.exec(readFileSync(join(root, 'go.mod'), 'utf8'))[1];
  const go = execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).trim();
  const cpus = os.cpus();
  return {
    cpus: cpus.length,
    cpu: cpus[0]?.model,
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    go,
    tailscale,
    http2: h2Client(),
  };
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function fail(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}
