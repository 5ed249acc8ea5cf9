import type { HostPass } from '../request/host.ts';
import { mayBeRefusal, refusedBy, type SeenResponse } from '../target/dev-server.ts';
import type { Target } from '../target/target-types.ts';
import type { HealthWarning } from './health.ts';

/** A response to a request for one of our hosts. */
export interface OwnResponse extends SeenResponse {
  /** The Host of the request. */
  host: string;
}

/**
 * Notices that the target refuses requests because it does not know our name, as development servers do. Unless the user
 * wants it otherwise, the target gets its own host from then on.
 */
export class Refusals {
  readonly #target: Target;
  readonly #host: HostPass;
  readonly #onWarning: (warning: HealthWarning) => void;
  readonly #onChange: () => void;
  #told = false;

  constructor(
    target: Target,
    host: HostPass,
    onWarning: (warning: HealthWarning) => void,
    onChange: () => void = () => {},
  ) {
    this.#target = target;
    this.#host = host;
    this.#onWarning = onWarning;
    this.#onChange = onChange;
  }

  /** Whether responses are to be looked at. A target that gets its own host refuses for another reason. */
  get areWatched(): boolean {
    return !this.#told && this.#host.value === undefined && this.#target.kind === 'http' && !this.#target.local;
  }

  /** Whether a response with a status is to be looked at. */
  mayBe(status: number): boolean {
    return mayBeRefusal(status) && this.areWatched;
  }

  /** Looks at a response. */
  note({ host, ...seen }: OwnResponse): void {
    if (!this.areWatched || !this.#host.own.has(host)) return;
    const server = refusedBy(seen);
    if (!server) return;
    this.#told = true;
    const { name, setting } = server;
    const refused = `${name} refused a request for ${host}, a host that it does not know.`;
    const { authority } = this.#target;
    const isCured = this.#host.isAuto;
    if (isCured) this.#host.rewrite();
    this.#onWarning({
      code: 'HOST_REFUSED',
      message: isCured ? `${refused} It gets Host: ${authority} from now on, so reload the page.` : refused,
      suggestions: ['--host-header rewrite', ...(setting ? [`Or keep the host, and allow it: ${setting}`] : [])],
    });
    if (isCured) this.#onChange();
  }
}
