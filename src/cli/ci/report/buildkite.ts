import { spawn } from 'node:child_process';
import { goneText, readyText } from './markdown.ts';
import type { Part } from './part.ts';

/** Returns what a Buildkite job is told: an annotation, and meta-data for later steps, through its agent. */
export function buildkiteReport(env: NodeJS.ProcessEnv): Part[] {
  if (!env.BUILDKITE_AGENT_ACCESS_TOKEN) return [];
  const annotate = (name: string, style: string, text: string) =>
    agent(['annotate', '--context', `tsexpose-${name}`, '--style', style], text);
  return [
    {
      what: 'the annotation of the build',
      ready: (preview) => annotate(preview.name, 'success', readyText(preview)),
      gone: (preview, reason) => annotate(preview.name, 'info', goneText(preview, reason)),
      cures: ['which buildkite-agent'],
    },
    {
      what: 'the meta-data of the build',
      ready: ({ urls }) => agent(['meta-data', 'set', 'tsexpose-url'], urls[0] ?? ''),
      cures: ['which buildkite-agent'],
    },
  ];
}

function agent(args: string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('buildkite-agent', args, { stdio: ['pipe', 'ignore', 'ignore'] });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`buildkite-agent ${args[0]} exited with code ${code}.`));
    });
    child.stdin.on('error', () => {}).end(input);
  });
}
