import { describe, expect, it } from 'vitest';
import { planNode } from '../../src/expose/node-options.ts';
import { Problems } from '../../src/problems.ts';

/** What is wrong with a name. */
function faultOf(name: string) {
  const problems = new Problems();
  planNode({ name }, problems);
  try {
    problems.throw();
  } catch (error) {
    return error as { code: string; message: string; suggestions: string[] };
  }
  return undefined;
}

describe('the name of a node', () => {
  it.each(['a', 'myapp', 'my-app', '3000', 'MyApp', 'x'.repeat(63)])('may be %s', (name) => {
    expect(faultOf(name)).toBeUndefined();
  });

  it('is in lower case, as DNS has it', () => {
    expect(planNode({ name: 'MyApp' }, new Problems()).name).toBe('myapp');
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
  ])('may not be %j, and the nearest label is suggested', (name, reason, suggestion) => {
    expect(faultOf(name)).toMatchObject({
      code: 'ERR_TSEXPOSE_INVALID_NAME',
      message: `Expected a name of 1 to 63 letters, digits and dashes, got ${reason}.`,
      suggestions: suggestion ? [`--name ${suggestion}`] : [],
    });
  });

  it('may be whatever is suggested', () => {
    for (const name of ['--a--', `${'x'.repeat(62)}--y`, 'Ünï_Cødé', '.a.']) {
      const [suggestion = ''] = faultOf(name)?.suggestions ?? [];
      expect(faultOf(suggestion.replace('--name ', ''))).toBeUndefined();
    }
  });
});

describe('the control server of a node', () => {
  it.each(['http://127.0.0.1:8080', 'https://headscale.example.com/a%20b'])('may be %s', (controlUrl) => {
    const problems = new Problems();
    expect(planNode({ name: 'x', controlUrl }, problems).controlUrl).toBe(controlUrl);
    expect(problems.count).toBe(0);
  });

  // What the WHATWG parser repairs, the node does not.
  it.each(['', 'x:1', 'https:headscale', ' https://x', 'https://x/%zz', 'https://x\\y'])(
    'may not be %j',
    (controlUrl) => {
      const problems = new Problems();
      planNode({ name: 'x', controlUrl }, problems);
      expect(() => problems.throw()).toThrow('Expected the URL of a control server');
    },
  );
});
