import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Door } from '../../ui/screen/door-list.tsx';

/** Returns everyone in a sandbox who can open a door: its people and its devices. */
export function callersOf({ people, devices }: Sandbox): string[] {
  return [...people.map(({ id }) => id), ...devices.map(({ name }) => name)];
}

/** Schemes by how much their doors leave as it is on the tailnet. */
const EASIEST = ['http:', 'tcp:', 'https:', 'tls:'];

/**
 * Opens a door to an exposure for each caller, in their order, and one for the internet if the exposure is public. No browser
 * knows the authority of a sandbox, so doors to a port with TLS do TLS themselves.
 *
 * @param publicPort the port that is open to the internet
 */
export function openDoors(
  sandbox: Sandbox,
  callers: string[],
  { fqdn, urls }: { fqdn: string; urls: string[] },
  publicPort?: number,
): Promise<Door[]> {
  // With `--https only` there are no URLs until the certificate is there.
  const addresses = urls.length > 0 ? urls : [`https://${fqdn}`];
  const [address] = EASIEST.flatMap((scheme) => addresses.filter((url) => url.startsWith(scheme)));
  const { protocol, port } = new URL(address!);
  const tls = protocol === 'https:' || protocol === 'tls:';
  const scheme = protocol.startsWith('http') ? 'http:' : 'tcp:';
  const target = `${fqdn}:${port || (protocol === 'https:' ? 443 : 80)}`;
  const doors = callers.map(async (caller) => {
    const { who, url } = await openDoor(sandbox, caller, target, { tls });
    return { who, url: url.replace(/^\w+:/, scheme) };
  });
  if (publicPort !== undefined) doors.push(openDoor(sandbox, INTERNET, `${fqdn}:${publicPort}`, { tls: true }));
  return Promise.all(doors);
}

/** What `--door` calls callers who come through Funnel. */
export const INTERNET = 'funnel';

/** Opens a door as a person (ID or login), a device or a tag, or as the internet. */
export async function openDoor(
  sandbox: Sandbox,
  caller: string,
  target: string,
  { tls = false }: { tls?: boolean } = {},
): Promise<Door> {
  const door = await (caller === INTERNET ? sandbox.funnel(target, { tls }) : sandbox.door(caller, target, { tls }));
  // Browsers keep cookies and trust pages there as they do under a name with HTTPS.
  const url = door.url.replace('//127.0.0.1:', '//localhost:');
  if (caller === INTERNET) return { who: 'the internet (Funnel)', url };
  const person = sandbox.people.find(({ id, login }) => id === caller || login === caller);
  const device = sandbox.devices.find(({ name }) => name === caller);
  return { who: person?.login ?? (device ? `${device.name} (${device.tags.join(', ')})` : caller), url };
}
