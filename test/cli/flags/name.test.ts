import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultName, terminalName } from '../../../src/cli/flags/name.ts';
import { isLabel } from '../../../src/tailnet/label.ts';

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
    expect(isLabel(terminalName('x'.repeat(63)))).toBe(true);
  });
});
