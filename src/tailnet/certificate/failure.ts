/** Explains why there is no certificate, and what to do about it. */
import { TsexposeError } from '../../errors.ts';

/** A failure, as it is shown to the user. */
export interface CertificateFailure {
  message: string;
  suggestions: string[];
  /** Milliseconds to wait before trying again, if the certificate authority asked for it. */
  retryAfter?: number;
}

/** Explains an error of `Tailnet.certificate`; `current` is the certificate that is served in the meantime. */
export function explainFailure(
  error: unknown,
  domain: string,
  current: { validTo: Date } | undefined,
): CertificateFailure {
  const meanwhile = current
    ? ` The current certificate is valid until ${moment(current.validTo)}.`
    : ' It is available over HTTP, which the tailnet encrypts too.';
  const { message, retryAfter } = error as Error & { retryAfter?: number };
  if (retryAfter) {
    const at = new Date(Date.now() + retryAfter);
    return {
      message: `The certificate authority will not issue a certificate for ${domain} before ${moment(at)} (in ${duration(retryAfter)}): ${reason(message)}.${meanwhile}`,
      suggestions: ['Keep the certificate with --cert-cache DIR, or use a state directory.'],
      retryAfter,
    };
  }
  const suggestions = error instanceof TsexposeError ? error.suggestions : [];
  return { message: `${message.replace(/\.?$/, '.')}${meanwhile}`, suggestions };
}

/** Returns the authority's own explanation, without the text around it. */
function reason(message: string): string {
  return /urn:ietf:params:acme:error:\w+: (.*?)(?:: see https?:.*)?$/s.exec(message)?.[1] ?? message;
}

function moment(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Formats a duration, such as `1 d 11 h`, `35 min` or `20 s`. */
function duration(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (ms < 60_000) return `${Math.ceil(ms / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
