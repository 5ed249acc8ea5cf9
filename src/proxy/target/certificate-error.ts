/** Explains what is wrong with the certificate of a target, with the command that solves it. */
import type { PeerCertificate } from 'node:tls';
import type { Target } from './target-types.ts';

/** Explains a TLS error about a certificate. */
export function explainCertificate(
  error: Error & { cert?: PeerCertificate },
  code: string,
  target: Target,
): { message: string; suggestions: string[] } {
  const { url, authority, host, tls } = target;
  const insecure = `tsexpose https+insecure://${authority} (accepts any certificate)`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = [...(error.cert?.subjectaltname ?? '').matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(
      ([, name]) => name!,
    );
    const name = names.find((one) => /^[A-Za-z]/.test(one));
    const found = names.length > 0 ? `is for ${names.join(', ')}` : 'has no host names';
    return {
      message: `The certificate of ${authority} ${found}; expected ${tls?.servername ?? host}.`,
      suggestions: [...(name ? [`tsexpose ${url} --target-servername ${name}`] : []), insecure],
    };
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return {
      message: `The certificate of ${authority} ${code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet'}.`,
      suggestions: [`openssl s_client -connect ${authority} </dev/null | openssl x509 -noout -dates`, insecure],
    };
  }
  const trust =
    tls?.ca === undefined ? 'Node.js does not trust it' : 'it was not issued by an authority in --target-ca';
  return {
    message: `The certificate of ${authority} ${code.includes('SELF_SIGNED') ? 'is self-signed' : 'cannot be verified'}, and ${trust} (${code}).`,
    suggestions: [`tsexpose ${url} --target-ca FILE (a PEM file with the authority that issued it)`, insecure],
  };
}
