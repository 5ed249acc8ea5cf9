import { TsexposeError } from '../../errors.ts';

/**
 * Refuses flags whose value is a secret: everyone can read a service's arguments, and backups have its file.
 *
 * @param words the words of the command line
 * @throws TsexposeError `ERR_TSEXPOSE_USAGE`
 */
export function refuseSecrets(words: readonly string[]): void {
  for (const [index, word] of words.entries()) {
    const [, flag, value = words[index + 1] ?? ''] = /^--(auth-key|funnel-auth)(?:=(.*))?$/s.exec(word) ?? [];
    // rule: the file of a service has no secrets
    if (flag && !(flag === 'auth-key' && value.startsWith('file:'))) throw secret(flag);
  }
}

function secret(flag: string): TsexposeError {
  const message = `--${flag} would put a secret into the file of the service.`;
  const suggestions =
    flag === 'auth-key'
      ? ['tsexpose service install 3000 --auth-key file:key.txt', 'Log in once before: tsexpose 3000 --name myapp']
      : ['Set TSEXPOSE_FUNNEL_AUTH in ~/.config/tsexpose/NAME.env, and chmod 600 that file.'];
  return new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions });
}
