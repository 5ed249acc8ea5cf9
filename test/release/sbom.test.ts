import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, it } from 'vitest';

interface Component {
  'bom-ref': string;
  name: string;
  purl?: string;
}
interface Bom {
  metadata: { component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const { stdout, stderr, status } = spawnSync(process.execPath, ['scripts/sbom.mjs'], { encoding: 'utf8' });

describe('the software bill of materials', () => {
  const bom = (status === 0 ? JSON.parse(stdout) : { components: [], dependencies: [] }) as Bom;
  const purls = bom.components.map(({ purl }) => purl ?? '');

  it('is made', () => {
    expect(stderr).toBe('');
    expect(bom.metadata.component).toMatchObject({
      name: 'tsexpose',
      purl: expect.stringMatching(/^pkg:npm\/tsexpose@/),
    });
  });

  it('follows the schema of CycloneDX', async () => {
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(stdout)).toBeNull();
  });

  it('does not follow it with an unknown field, or without a name', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot5);
    expect(await validator.validate(stdout.replace('"purl"', '"perl"'))).not.toBeNull();
    expect(await validator.validate(stdout.replace('"name"', '"nome"'))).not.toBeNull();
  });

  it('has the npm packages that the program uses, and none of its development', () => {
    const has = (name: string) => purls.some((purl) => purl.startsWith(`pkg:npm/${name.replace('@', '%40')}@`));
    const used = ['@oclif/core', 'ink', 'react', 'undici', 'ws', 'send', 'escape-html', 'negotiator', 'yoga-layout'];
    expect(used.filter((name) => !has(name))).toEqual([]);
    expect(['vitest', '@biomejs/biome', 'typescript', 'fastify', 'hono', 'vite'].filter(has)).toEqual([]);
  });

  it('has every Go module whose license comes with the package', () => {
    const rows = readFileSync('licenses/README.md', 'utf8').matchAll(/^\| (\S+\.\S+) \| (v\S+) \|/gm);
    const modules = [...rows].map(([, path, version]) => `pkg:golang/${path}@${version}`);
    expect(modules.length).toBeGreaterThan(20);
    expect(modules.filter((purl) => !purls.includes(purl))).toEqual([]);
    expect(purls.some((purl) => purl.startsWith('pkg:golang/std@v1.'))).toBe(true);
  });

  it('connects everything to the package', () => {
    const edges = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
    const reached = new Set<string>();
    const visit = (ref: string): void => {
      if (reached.has(ref)) return;
      reached.add(ref);
      for (const next of edges.get(ref) ?? []) visit(next);
    };
    visit(bom.metadata.component['bom-ref']);
    expect(bom.components.map((component) => component['bom-ref']).filter((ref) => !reached.has(ref))).toEqual([]);
  });
});
