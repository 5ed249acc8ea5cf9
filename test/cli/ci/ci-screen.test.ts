import { describe, expect, it } from 'vitest';
import { CiScreen, withoutCommands } from '../../../src/cli/ci/ci-screen.ts';
import type { Screen } from '../../../src/cli/screen/screen.ts';
import type { ExposeEvent } from '../../../src/events.ts';

describe('a line in the log of a job', () => {
  it.each(['::add-mask::e', '  ::set-output name=url::x', '\t::stop-commands::x', '##[error]x', 'a ##[add-path]/tmp'])(
    'is no workflow command: %s',
    (line) => {
      // As the runner recognizes them.
      expect(withoutCommands(line).trimStart().startsWith('::')).toBe(false);
      expect(withoutCommands(line)).not.toContain('##[');
    },
  );

  it('is unchanged otherwise', () => {
    for (const line of ['std::vector', 'http://[::1]:3000', '# heading', '']) expect(withoutCommands(line)).toBe(line);
  });

  it('has no command from a caller or an app', () => {
    const seen: unknown[] = [];
    const screen: Screen = {
      show: (event) => seen.push(event),
      showDoors: () => {},
      log: (line) => seen.push(line),
      showStopping: () => {},
      close: async () => {},
    };
    const ci = new CiScreen(screen);
    const caller = { kind: 'user', who: '##[error]mallory', ip: '100.64.0.1' } as const;
    const event: ExposeEvent = {
      ...{ event: 'request', method: 'GET', path: '/##[add-mask]e', status: 200, ms: 1, bytes: 0, caller },
    };
    ci.show(event);
    ci.log('::error::x');
    expect(seen).toEqual([
      { ...event, path: '/## [add-mask]e', caller: { ...caller, who: '## [error]mallory' } },
      '| ::error::x',
    ]);
  });
});
