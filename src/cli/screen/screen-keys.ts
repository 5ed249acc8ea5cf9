import type { ExposeModel } from '../../ui/screen/expose-model.ts';
import { qrLines } from '../../ui/screen/expose-screen.tsx';
import { type KeyModel, NO_KEYS } from '../../ui/screen/key-line.tsx';
import { copySequence, openBrowser } from './browser.ts';
import { stopJob } from './terminal-job.ts';
import { terminalSize } from './terminal-size.ts';

/** How long a notice is shown, in milliseconds. */
const NOTICE_MS = 3000;
/** Lines that a QR code leaves to the URL, the state, and the keys. */
const BESIDE_QR = 5;

const CTRL_C = '\u0003';
const CTRL_Z = '\u001a';
const ENTER = '\r';
const ESCAPE = '\u001b';
const BACKSPACE = ['\u007f', '\b'];

/** What keys act on. */
export interface ScreenKeysOptions {
  model: () => ExposeModel;
  /** Writes a sequence that the terminal acts on without showing it. */
  send: (sequence: string) => void;
  /** Called after a key that changes what is shown. */
  onChange: () => void;
  onInterrupt: () => void;
}

/** The keys of the live screen. */
export class ScreenKeys {
  readonly #options: ScreenKeysOptions;
  #model: KeyModel = NO_KEYS;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ScreenKeysOptions) {
    this.#options = options;
  }

  /** What the keys have done so far. */
  get model(): KeyModel {
    return this.#model;
  }

  /** Does what a key is for. */
  press(key: string): void {
    if (key === CTRL_C) this.#options.onInterrupt();
    else if (key === CTRL_Z) stopJob();
    else if (this.#model.isFiltering) this.#edit(key);
    else this.#act(key);
  }

  #act(key: string): void {
    const { login } = this.#options.model();
    const url = this.#url;
    if (key === 'q') this.#options.onInterrupt();
    else if (key === 'f') this.#update({ isFiltering: true });
    else if (key === '?') this.#update({ panel: this.#model.panel === 'help' ? undefined : 'help' });
    else if (key === ESCAPE) this.#update({ panel: undefined, filter: '' });
    else if (key === ENTER && login) this.#open(login);
    else if (url === undefined) return;
    else if (key === 'o') this.#open(url);
    else if (key === 'r') this.#toggleQr(url);
    else if (key === 'c') {
      this.#options.send(copySequence(url));
      this.#tell(`Copied ${url}`);
    }
  }

  /** What to open: the login page, or the app. This machine does not know the names of a sandbox. */
  get #url(): string | undefined {
    const { login, doors, ready } = this.#options.model();
    return login ?? doors[0]?.url ?? ready?.urls[0];
  }

  #open(url: string): void {
    if (!/^https?:/.test(url)) {
      this.#tell(`A browser cannot open ${url}`);
      return;
    }
    void openBrowser(url).then((isOpen) => {
      this.#tell(isOpen ? `Opening ${url}` : 'No browser found. Press c to copy the URL instead.');
    });
  }

  #toggleQr(url: string): void {
    const lines = qrLines(url);
    const { columns, rows } = terminalSize();
    const height = lines.length + BESIDE_QR;
    const width = lines[0]!.length;
    if (this.#model.panel === 'qr') this.#update({ panel: undefined });
    else if (rows >= height && columns >= width) this.#update({ panel: 'qr' });
    else this.#tell(`The QR code needs a window of ${width} × ${height}.`);
  }

  #edit(key: string): void {
    const { filter } = this.#model;
    if (key === ENTER) this.#update({ isFiltering: false });
    else if (key === ESCAPE) this.#update({ isFiltering: false, filter: '' });
    else if (BACKSPACE.includes(key)) this.#update({ filter: [...filter].slice(0, -1).join('') });
    else if (key >= ' ' && !key.startsWith(ESCAPE)) this.#update({ filter: filter + key });
  }

  #tell(notice: string): void {
    this.#update({ notice });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#update({}), NOTICE_MS).unref();
  }

  #update(change: { [Key in keyof KeyModel]?: KeyModel[Key] | undefined }): void {
    const { notice: _, ...rest } = this.#model;
    const next = { ...rest, ...change };
    this.#model = Object.fromEntries(
      Object.entries(next).filter(([, value]) => value !== undefined),
    ) as unknown as KeyModel;
    this.#options.onChange();
  }
}
