/** How the certificate of an `https://` target is checked. */
import { constants, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { TsexposeError } from '../../errors.ts';
import type { Target, TargetTls } from './target-types.ts';

/** Options of {@link trustTargets}; the names are those of the flags. */
export interface TargetTlsOptions {
  /** PEM file with the authorities, or the PEM itself. */
  targetCa?: string;
  targetServername?: string;
}

/**
 * Sets what certificates must be on the targets that have one.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION for a file without certificates, and if no target has a certificate to check
 */
export function trustTargets(targets: readonly Target[], { targetCa, targetServername }: TargetTlsOptions): void {
  if (targetCa === undefined && targetServername === undefined) return;
  const tls: TargetTls = {
    ...(targetCa !== undefined && { ca: readAuthorities(targetCa) }),
    ...(targetServername !== undefined && { servername: checkServername(targetServername) }),
  };
  const checked = targets.filter(({ protocol, insecure }) => protocol === 'https' && !insecure);
  const [first] = targets;
  if (checked.length === 0 && first) {
    const flag = targetCa === undefined ? '--target-servername' : '--target-ca';
    throw invalid(`Expected an https:// target for ${flag}, got ${first.url}.`, [
      `tsexpose https://${first.authority}`,
    ]);
  }
  for (const target of checked) target.tls = { ...target.tls, ...tls };
}

/** Returns the options of a TLS connection to a target. */
export function tlsOptions({ host, insecure, tls }: Target) {
  return {
    // RFC 6066 §3: an address is not a name to ask for.
    servername: tls?.servername ?? (isIP(host) === 0 ? host : ''),
    ...(tls?.ca !== undefined && { ca: tls.ca }),
    // Old devices do not know RFC 5746 either, which OpenSSL insists on.
    // rule: the certificate of a target is checked unless the user says otherwise — mutate: insecure && => true &&
    ...(insecure && { rejectUnauthorized: false, secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT }),
  };
}

function readAuthorities(file: string): string {
  const pem = file.includes('-----BEGIN') ? file : readFile(file);
  const shown = pem === file ? 'the text' : file;
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs) ?? [];
  if (blocks.length === 0)
    throw invalid(`Expected a PEM certificate in --target-ca, got none in ${shown}.`, cures(shown));
  for (const [i, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch (cause) {
      const message = `Expected PEM certificates in --target-ca, and number ${i + 1} in ${shown} cannot be read.`;
      throw invalid(message, cures(shown), cause);
    }
  }
  return blocks.join('\n');
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = `Expected a PEM file as --target-ca, and ${path} cannot be read (${code}).`;
    throw invalid(message, [`ls -l ${path}`], cause);
  }
}

function cures(file: string): string[] {
  return [`openssl x509 -in ${file} -noout -subject`, 'openssl x509 -inform der -in ca.der -out ca.pem'];
}

function checkServername(name: string): string {
  if (/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(name) && isIP(name) === 0) return name;
  throw invalid(`Expected a host name as --target-servername, got ${JSON.stringify(name)}.`, [
    '--target-servername app.example.com',
  ]);
}

function invalid(message: string, suggestions: string[], cause?: unknown): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, { suggestions, ...(cause ? { cause } : {}) });
}
