import type { ExposeEvent, NodeState, ReadyEvent } from '../../events.ts';
import type { ConnectedCaller } from '../../identity/identity.ts';
import type { Door } from './door-list.tsx';
import type { Traffic } from './request-stats.ts';

/** What the live screen shows, gathered from the events of an exposure. */
export interface ExposeModel {
  /** The requested name. */
  name: string;
  state: NodeState | 'stopping' | 'failed';
  /** More about the state, in words. */
  message?: string;
  /** What the node is still doing, in words. */
  pending?: string;
  /** Login page to open; absent unless the node is waiting for a login. */
  login?: string;
  ready?: ReadyEvent;
  /** Requests and connections so far, and how fast they are. */
  traffic: Traffic;
  /** Targets that do not accept connections, as URLs; undefined while that is unknown. */
  down?: readonly string[];
  /** Who is connected now. */
  callers: readonly ConnectedCaller[];
  doors: Door[];
}

/** Returns the model before the first event. */
export function initialModel(name: string): ExposeModel {
  return { name, state: 'starting', traffic: { total: 0, rate: 0 }, callers: [], doors: [] };
}

/** Returns the model after an event. Requests are counted elsewhere. */
export function nextModel(model: ExposeModel, event: ExposeEvent): ExposeModel {
  switch (event.event) {
    case 'state':
      return {
        ...model,
        state: event.state,
        message: event.message,
        // After the login the page is of no more use.
        login: event.state === 'needs-login' ? model.login : undefined,
      };
    case 'login':
      return { ...model, state: 'needs-login', login: event.url };
    case 'ready':
      return { ...model, state: 'running', message: undefined, login: undefined, ready: event };
    case 'closed':
      return { ...model, state: 'stopped', message: event.reason };
    case 'addresses':
      return { ...model, ...(model.ready && { ready: { ...model.ready, urls: event.urls, public: event.public } }) };
    case 'certificate':
      return { ...model, pending: event.state === 'requested' ? 'getting a certificate for HTTPS' : undefined };
    case 'warning':
      return event.code === 'CERTIFICATE' ? { ...model, pending: undefined } : model;
    case 'request':
    case 'connection':
    case 'error':
      return model;
  }
}

/** Returns the model after the end of the command, however it ended. */
export function endedModel(model: ExposeModel): ExposeModel {
  if (model.state === 'stopped') return model;
  return { ...model, state: model.ready ? 'stopped' : 'failed', message: undefined, login: undefined };
}
