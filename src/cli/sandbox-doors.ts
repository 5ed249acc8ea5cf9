import type { Sandbox } from '../sandbox/sandbox.ts';
import type { Door } from '../ui/door.ts';

/** Everybody in a sandbox who can open a door: its people and its devices. */
export function visitorsOf({ people, devices }: Sandbox): string[] {
  return [...people.map(({ id }) => id), ...devices.map(({ name }) => name)];
}

/** Opens a door to a tailnet address for each visitor, in their order. */
export function openDoors(sandbox: Sandbox, visitors: string[], target: string): Promise<Door[]> {
  return Promise.all(visitors.map((visitor) => openDoor(sandbox, visitor, target)));
}

/** Opens a door as a person (ID or login), a device or a tag. */
export async function openDoor(sandbox: Sandbox, visitor: string, target: string, port?: number): Promise<Door> {
  const { url } = await sandbox.door(visitor, target, { port });
  const person = sandbox.people.find(({ id, login }) => id === visitor || login === visitor);
  const device = sandbox.devices.find(({ name }) => name === visitor);
  return { who: person?.login ?? (device ? `${device.name} (${device.tags.join(', ')})` : visitor), url };
}
