import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Door } from '../../ui/door.ts';

/** Everybody in a sandbox who can open a door: its people and its devices. */
export function callersOf({ people, devices }: Sandbox): string[] {
  return [...people.map(({ id }) => id), ...devices.map(({ name }) => name)];
}

/** What a local address can be opened by, the easiest first: no certificate is for one. */
const EASIEST = ['http:', 'tcp:', 'https:', 'tls:'];

/** Opens a door to an exposure for each visitor, in their order. */
export function openDoors(
  sandbox: Sandbox,
  visitors: string[],
  { fqdn, urls }: { fqdn: string; urls: string[] },
): Promise<Door[]> {
  const addresses = urls.length > 0 ? urls : [`http://${fqdn}`]; // there is no certificate yet, only what leads to it
  const [address] = EASIEST.flatMap((scheme) => addresses.filter((url) => url.startsWith(scheme)));
  const { protocol, port } = new URL(address!);
  const target = `${fqdn}:${port || (protocol === 'https:' ? 443 : 80)}`;
  return Promise.all(
    visitors.map(async (visitor) => {
      const { who, url } = await openDoor(sandbox, visitor, target);
      return { who, url: url.replace(/^\w+:/, protocol) };
    }),
  );
}

/** Opens a door as a person (ID or login), a device or a tag. */
export async function openDoor(sandbox: Sandbox, visitor: string, target: string, port?: number): Promise<Door> {
  const { url } = await sandbox.door(visitor, target, { port });
  const person = sandbox.people.find(({ id, login }) => id === visitor || login === visitor);
  const device = sandbox.devices.find(({ name }) => name === visitor);
  return { who: person?.login ?? (device ? `${device.name} (${device.tags.join(', ')})` : visitor), url };
}
