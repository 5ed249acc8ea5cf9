import type { ExposeEvent } from '../../events.ts';
import type { Door } from '../../ui/screen/door-list.tsx';
import type { Screen } from '../screen/screen.ts';

/** Shows lines in the log of a job, where a GitHub runner executes some of them as workflow commands. */
export class CiScreen implements Screen {
  readonly #screen: Screen;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  show(event: ExposeEvent): void {
    this.#screen.show(harmless(event));
  }

  showDoors(doors: Door[]): void {
    this.#screen.showDoors(doors);
  }

  log(line: string): void {
    this.#screen.log(withoutCommands(line));
  }

  showStopping(): void {
    this.#screen.log('stopping');
  }

  close(): Promise<void> {
    return this.#screen.close();
  }
}

/**
 * Returns a line that is not a workflow command: one that begins with `::`, or with an older `##[name]` anywhere.
 *
 * @example
 * ```ts
 * withoutCommands('::add-mask::e'); // '| ::add-mask::e'
 * ```
 */
export function withoutCommands(line: string): string {
  // rule: what an app or a caller says is no workflow command
  // mutate: .replaceAll('##[', '## [') =>
  // mutate: .replace(/^\s*::/, '| ::') =>
  return line.replaceAll('##[', '## [').replace(/^\s*::/, '| ::');
}

/** Returns a value whose texts have no workflow command. */
function harmless<Value>(value: Value): Value {
  if (typeof value === 'string') return withoutCommands(value) as Value;
  if (Array.isArray(value)) return value.map(harmless) as Value;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, harmless(part)])) as Value;
}
