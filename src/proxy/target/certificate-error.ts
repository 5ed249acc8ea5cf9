/** What is wrong with the certificate of a service: what was expected, what came, and the command that cures it. */
import type { PeerCertificate } from 'node:tls';
import type { Target } from './target.ts';

/** Explains an error of TLS about a certificate. */
export function aboutCertificate(
  error: Error & { cert?: PeerCertificate },
  code: string,
  target: Target,
): { message: string; suggestions: string[] } {
  const { url, authority, host, tls } = target;
  const insecure = `tsexpose https+insecure://${authority} (whatever the certificate)`;
  const at = `from the service on ${authority}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = [...(error.cert?.subjectaltname ?? '').matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(
      ([, name]) => name!,
    );
    const name = names.find((one) => /^[A-Za-z]/.test(one));
    return {
      message: `Expected a certificate for ${tls?.servername ?? host} ${at}, and got one for ${names.join(', ') || 'no name at all'}.`,
      suggestions: [...(name ? [`tsexpose ${url} --target-servername ${name}`] : []), insecure],
    };
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const what = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet';
    return {
      message: `Expected a current certificate ${at}, and got one that ${what}.`,
      suggestions: [`openssl s_client -connect ${authority} </dev/null | openssl x509 -noout -dates`, insecure],
    };
  }
  const own = code.includes('SELF_SIGNED') ? 'one that only vouches for itself' : 'one of another authority';
  return {
    message: `Expected a certificate of ${tls?.ca === undefined ? 'an authority that Node.js trusts' : 'an authority in --target-ca'} ${at}, and got ${own} (${code}).`,
    suggestions: [`tsexpose ${url} --target-ca FILE (the PEM file of the authority that issued it)`, insecure],
  };
}
