import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { lintTool } from '../../scripts/lint-tools.mjs';
import { isLeftOut } from '../requirement.ts';

const FOLDER = 'examples/deploy';
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const scratch = mkdtempSync(join(tmpdir(), 'tsexpose-deploy-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Returns a linter, as a function from arguments to what it says, and whether its tests are skipped. */
function linter(name: string, install = 'node scripts/lint-workflows.mjs') {
  const { path } = lintTool(name);
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(path!, args, { encoding: 'utf8' });
    return { status, output: (stdout + stderr).trim(), stdout };
  };
  return { run, skip: isLeftOut(name, path !== undefined, install) };
}

/** Writes a changed copy of an example. */
function changed(name: string, from: string, to: string): string {
  const source = read(name);
  expect(source).toContain(from);
  const path = join(scratch, name);
  writeFileSync(path, source.replace(from, to));
  return path;
}

describe('the Dockerfile', () => {
  const { run, skip } = linter('hadolint');

  it.skipIf(skip)('passes hadolint', () => {
    expect(run(join(FOLDER, 'Dockerfile'))).toMatchObject({ status: 0, output: '' });
  });

  it.skipIf(skip)('does not pass it as root', () => {
    const path = changed('Dockerfile', 'USER 1000', 'USER root');
    expect(run(path).output).toContain('DL3002');
  });

  it('runs the program itself as process 1, so that it gets the SIGTERM', () => {
    expect(read('Dockerfile')).toMatch(/^ENTRYPOINT \["tsexpose"\]$/m);
    expect(read('Dockerfile')).toMatch(/^STOPSIGNAL SIGTERM$/m);
  });
});

describe('the compose file', () => {
  const { run, skip } = linter('compose-spec');

  it.skipIf(skip)('is loaded by the library of docker compose', () => {
    const { status, stdout } = run('-format', 'json', join(FOLDER, 'compose.yaml'));
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      services: { app: {}, tsexpose: { network_mode: 'service:app', cap_drop: ['ALL'], read_only: true } },
    });
  });

  it.skipIf(skip)('is not loaded with a key that does not exist', () => {
    expect(run(changed('compose.yaml', 'read_only:', 'readonly:')).output).toMatch(/readonly/);
    expect(run(changed('compose.yaml', 'service:app', 'service:api')).output).toMatch(/api/);
  });

  it('gives the sidecar no device and no capability', () => {
    const { services } = parse(read('compose.yaml'));
    for (const key of ['privileged', 'devices', 'cap_add', 'ports']) expect(services.tsexpose).not.toHaveProperty(key);
  });
});

describe('the Kubernetes manifest', () => {
  const { run, skip } = linter('kubernetes-validate');

  it.skipIf(skip)('follows the schemas of the oldest and the newest version', () => {
    for (const version of ['1.29', '1.37']) {
      const { status, output } = run('--strict', '-k', version, join(FOLDER, 'kubernetes.yaml'));
      expect(output).toMatch(/passed for resource deployment\/myapp/);
      expect(status).toBe(0);
    }
  });

  it.skipIf(skip)('does not follow them with a field that does not exist', () => {
    const path = changed('kubernetes.yaml', 'restartPolicy: Always', 'restart: Always');
    expect(run('--strict', path).status).not.toBe(0);
  });

  it('meets the restricted Pod Security Standard', () => {
    const [, deployment] = parseAllDocuments(read('kubernetes.yaml')).map((document) => document.toJS());
    const { spec } = deployment.spec.template;
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const container of [...spec.initContainers, ...spec.containers]) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
    expect(Object.keys(spec)).not.toContain('hostNetwork');
  });
});

describe('the systemd unit', () => {
  const { run, skip } = linter('systemd-analyze', 'apt-get install systemd');
  const unit = () => {
    const source = read('tsexpose.service').replace('/usr/local/bin/tsexpose', process.execPath);
    const path = join(scratch, 'tsexpose.service');
    writeFileSync(path, source);
    return path;
  };

  it.skipIf(skip)('passes systemd-analyze verify', () => {
    expect(run('verify', unit())).toMatchObject({ status: 0, output: '' });
  });

  it.skipIf(skip)('does not pass it with a misspelled setting', () => {
    const path = changed('tsexpose.service', 'PrivateTmp=', 'PrivateTemp=');
    expect(run('verify', path).output).toMatch(/Unknown key (name )?'PrivateTemp'/);
  });

  it.skipIf(skip)('has an exposure level of at most 2 of 10', () => {
    const { output } = run('security', '--offline=true', '--no-pager', unit());
    const [, level] = /Overall exposure level for tsexpose\.service: ([\d.]+)/.exec(output)!;
    expect(Number(level)).toBeLessThanOrEqual(2);
  });
});

describe('the words of every example', () => {
  it('name variables of the program', () => {
    const known = readFileSync('docs/cli.md', 'utf8');
    const files = ['Dockerfile', 'compose.yaml', 'kubernetes.yaml', 'tsexpose.service'];
    const named = files.flatMap((name) => read(name).match(/\b(TSEXPOSE_[A-Z_]+|TS_[A-Z]+)\b/g) ?? []);
    const unknown = [...new Set(named)].filter((name) => !known.includes(`\`${name}\``));
    expect(unknown).toEqual(['TSEXPOSE_VERSION']); // an argument of the image
  });
});
