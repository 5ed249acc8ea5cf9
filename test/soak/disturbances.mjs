// What happens to the tailnet meanwhile: control, the relay and the app are restarted, and devices join and leave.
import { setTimeout as delay } from 'node:timers/promises';
import { NAME } from './exposure.mjs';

/** From one disturbance to the next. */
const STEP_MS = 8000;
/** How long control and the relay stay away. */
const AWAY_MS = 2000;
/** How long after the app is back the last answers without it may arrive. */
const GRACE_MS = 2000;
/** How long nodes may take to find control again. */
const RETURN_MS = 60_000;
/** Devices of a caller that come and go. */
const DEVICES = 3;

export class Disturbances {
  /** How often each happened. */
  counts = { control: 0, relay: 0, target: 0, joined: 0 };
  /** What went wrong with the tailnet itself. */
  problems = [];
  #joins = 0;

  constructor({ sandbox, app, excuses, callers, signal }) {
    Object.assign(this, { sandbox, app, excuses, callers, signal });
  }

  /** Disturbs until the signal. Devices join while something else happens, but not while control cannot let them in. */
  async run() {
    const steps = [['join', 'join'], ['control'], ['join', 'target'], ['join', 'join'], ['join', 'relay']];
    for (let turn = 0; await this.#pause(); turn++) {
      try {
        await Promise.all(steps[turn % steps.length].map((step) => this[step]()));
      } catch (error) {
        this.problems.push(`${new Date().toISOString()} ${error.message}`);
      }
    }
  }

  /** Waits for the next step; false once it is over. */
  async #pause() {
    await delay(STEP_MS, undefined, { signal: this.signal }).catch(() => {});
    return !this.signal.aborted;
  }

  async control() {
    const { admin } = this.sandbox;
    await admin.stopControl();
    await delay(AWAY_MS);
    await admin.startControl();
    this.counts.control += 1;
    await this.#allOnline();
  }

  async relay() {
    await this.sandbox.admin.stopRelay();
    await delay(AWAY_MS);
    await this.sandbox.admin.startRelay();
    this.counts.relay += 1;
  }

  async target() {
    this.excuses.begin();
    await this.app.kill();
    await this.app.start();
    this.counts.target += 1;
    await delay(GRACE_MS);
    this.excuses.end();
  }

  /** Has a new device join, in place of one that leaves, and call. */
  async join() {
    const people = this.callers.filter(({ who }) => who.includes('@'));
    const turn = this.#joins++;
    const caller = people[turn % people.length];
    const hostname = `${caller.id}-${Math.floor(turn / people.length) % DEVICES}`;
    const { admin } = this.sandbox;
    await this.#allOnline();
    if (await admin.node(hostname)) await admin.remove(hostname);
    const door = await this.sandbox.door(caller.id, `${NAME}:80`, { hostname });
    this.counts.joined += 1;
    for (let i = 0; i < 5; i++) await caller.join(door);
    await door.close();
  }

  async #allOnline() {
    const signal = AbortSignal.timeout(RETURN_MS);
    const isBack = ({ running, nodes }) => running && nodes.every(({ online }) => online);
    await this.sandbox.admin.until(isBack, { signal }).catch(async () => {
      const away = (await this.sandbox.admin.nodes()).filter(({ online }) => !online).map(({ name }) => name);
      throw new Error(`control has not seen ${away.join(', ')} again for ${RETURN_MS / 1000} s`);
    });
  }
}
