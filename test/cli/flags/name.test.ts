import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkName, defaultName, terminalName } from '../../../src/cli/flags/name.ts';

describe('checkName', () => {
  it.each(['a', 'myapp', 'my-app', '3000', 'MyApp', 'x'.repeat(63)])('accepts %s', (name) => {
    expect(checkName(name)).toBeUndefined();
  });

  it.each([
    ['My_App', '"My_App"', 'my-app'],
    ['my app', '"my app"', 'my-app'],
    ['my.app', '"my.app"', 'my-app'],
    ['-app', '"-app", which starts with a dash', 'app'],
    ['app-', '"app-", which ends with a dash', 'app'],
    ['x'.repeat(64), 'one of 64', 'x'.repeat(63)],
    ['日本', '"日本"', undefined],
    ['', 'an empty one', undefined],
  ])('refuses %j and suggests the nearest label', (name, reason, suggestion) => {
    expect(checkName(name)).toEqual({
      message: `Expected a name of 1 to 63 letters, digits and dashes, got ${reason}.`,
      ...(suggestion && { suggestion }),
    });
  });

  it('accepts whatever it suggests', () => {
    for (const name of ['--a--', `${'x'.repeat(62)}--y`, 'Ünï_Cødé', '.a.']) {
      expect(checkName(checkName(name)?.suggestion ?? 'none')).toBeUndefined();
    }
  });
});

describe('defaultName', () => {
  let directory: string;
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'tsexpose-name-')), 'Shop_Front');
    mkdirSync(directory);
  });
  afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

  const writePackage = (text: string) => writeFileSync(join(directory, 'package.json'), text);

  it('takes the name of the package, without its scope', () => {
    writePackage('{"name":"@acme/Web.Shop"}');
    expect(defaultName(directory)).toBe('web-shop');
  });

  it('takes the name of the directory where there is no package', () => {
    expect(defaultName(directory)).toBe('shop-front');
  });

  it.each(['{', '[]', 'null', '{"name":7}', '{"name":"***"}'])('takes the name of the directory beside %s', (text) => {
    writePackage(text);
    expect(defaultName(directory)).toBe('shop-front');
  });

  it('is "app" where the directory has no usable name either', () => {
    expect(defaultName('/')).toBe('app');
  });
});

describe('terminalName', () => {
  it.each([
    ["Alice's-MacBook.local", 'alice-s-macbook-chat'],
    ['', 'terminal-chat'],
    ['日本', 'terminal-chat'],
  ])('of %j is %s', (machine, name) => expect(terminalName(machine)).toBe(name));

  it('is a name, however long that of the machine is', () => {
    expect(checkName(terminalName('x'.repeat(63)))).toBeUndefined();
  });
});
