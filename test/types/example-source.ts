import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Example, examples, readApi } from './api.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Inside the package, so that `tsexpose` resolves to the package itself. */
const DIRECTORY = join(ROOT, 'build/examples');

/** A docstring example, written as a module with a function that runs it. */
export interface ExampleModule {
  name: string;
  file: string;
}

/** Writes every `@example` of the public API as a module; names that an example does not declare are passed in. */
export function writeExamples(): ExampleModule[] {
  rmSync(DIRECTORY, { recursive: true, force: true });
  mkdirSync(DIRECTORY, { recursive: true });
  const config = {
    extends: '../../tsconfig.json',
    compilerOptions: { skipLibCheck: true, noUnusedLocals: false },
    include: ['.'],
  };
  writeFileSync(join(DIRECTORY, 'tsconfig.json'), JSON.stringify(config));
  const seen = new Map<string, number>();
  return Object.entries(readApi()).flatMap(([entry, api]) =>
    examples(api).map((example) => {
      const name = `${entry} ${example.name}`;
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      const file = join(DIRECTORY, `${name.replace(/[^\w]+/g, '-')}${count > 1 ? `-${count}` : ''}.ts`);
      writeFileSync(file, moduleOf(example));
      return { name: count > 1 ? `${name} (${count})` : name, file };
    }),
  );
}

export const EXAMPLES_PROJECT = join(DIRECTORY, 'tsconfig.json');

function moduleOf({ source }: Example): string {
  const lines = source.split('\n');
  const imports = lines.filter((line) => line.startsWith('import '));
  const body = lines.filter((line) => !line.startsWith('import ')).map((line) => `  ${line}`);
  return [
    `import { defineCapability, expose, identityFromHeaders, identityHeaders, Sandbox, Tailnet, TsexposeError } from 'tsexpose';`,
    `import type { Identity } from 'tsexpose';`,
    ...imports,
    'export interface Given { tailnet: Tailnet; sandbox: Sandbox; identity: Identity }',
    'export async function run({ tailnet, sandbox, identity }: Given): Promise<void> {',
    '  void [defineCapability, expose, identityFromHeaders, identityHeaders, Sandbox, Tailnet, TsexposeError];',
    '  void [sandbox, identity, tailnet];',
    '  {',
    ...body,
    '  }',
    '}',
    '',
  ].join('\n');
}
