/** TLS with callers that ends outside JavaScript. */
import type { NativeConnection, Runtime } from '../../native/runtime.ts';

/** A certificate with its key, as PEM, and the server names that it is for. */
export interface ListenerCertificate {
  cert: string;
  key: string;
  /** `*` for every name; callers that send none are served too. */
  names: readonly string[];
}

/** How TLS ends. */
export interface Termination {
  /** @default none: callers that use TLS get an alert until there is one */
  certificate?: ListenerCertificate;
  /** Protocols that callers may choose from, best first. @default none */
  alpn?: readonly string[];
}

/** A port whose certificate can be replaced. */
export interface Renewable {
  /** Serves new connections with another certificate; open ones go on as they are. */
  use(certificate: ListenerCertificate): void;
}

/** Returns the part of a listener's configuration that says how TLS ends. */
export function terminating(tls: Termination | undefined): object {
  return { tls: tls?.certificate, alpn: tls?.alpn };
}

/** Gives a listener another certificate. */
export function replaceCertificate(runtime: Runtime, listener: number, certificate: ListenerCertificate): void {
  runtime.binding.listenerTell(listener, JSON.stringify({ type: 'certificate', ...certificate }));
}

/** Returns what a socket says about TLS that has ended already, with the names of Node's `TLSSocket`. */
export function afterTls({ alpn, servername, plain }: NonNullable<NativeConnection['secure']>): object {
  return plain ? { isPlain: true } : { encrypted: true, alpnProtocol: alpn || false, servername: servername || false };
}
