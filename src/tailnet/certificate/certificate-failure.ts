/** Why there is no certificate, in words that say what to do about it. */
import { TsexposeError } from '../../errors.ts';

/** What a failure means for those who look at the screen. */
export interface CertificateFailure {
  message: string;
  suggestions: string[];
  /** Milliseconds for which asking again is pointless. */
  retryAfter?: number;
}

/** Explains an error of `Tailnet.certificate`. `current` is what is served meanwhile. */
export function explainFailure(
  error: unknown,
  domain: string,
  current: { validTo: Date } | undefined,
): CertificateFailure {
  const meanwhile = current
    ? ` The certificate that is in use lasts until ${moment(current.validTo)}.`
    : ' The service is there by HTTP, which the tailnet encrypts as well.';
  const { message, retryAfter } = error as Error & { retryAfter?: number };
  if (retryAfter) {
    const at = new Date(Date.now() + retryAfter);
    return {
      message: `The certificate authority takes no request for ${domain} before ${moment(at)} (in ${duration(retryAfter)}): too many certificates lately (${reason(message)}).${meanwhile}`,
      suggestions: ['--cert-cache DIR keeps the certificate of an ephemeral node; a state directory keeps it too.'],
      retryAfter,
    };
  }
  if ((error as Error).name === 'AbortError') {
    return {
      message: `The certificate authority has not answered for ${domain}; asking again.${meanwhile}`,
      suggestions: [],
    };
  }
  const suggestions = error instanceof TsexposeError ? error.suggestions : [];
  return { message: `${message.replace(/\.?$/, '.')}${meanwhile}`, suggestions };
}

/** What the authority itself said, without the words around it. */
function reason(message: string): string {
  return /urn:ietf:params:acme:error:\w+: (.*?)(?:: see https?:.*)?$/s.exec(message)?.[1] ?? message;
}

function moment(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Such as `1 d 11 h`, `35 min` or `20 s`. */
function duration(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (ms < 60_000) return `${Math.ceil(ms / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
