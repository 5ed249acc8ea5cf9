import type { ExposeEvent, NodeState, ReadyEvent } from '../events.ts';
import type { Door } from './door.ts';

/** What the screen of an exposure shows, gathered from its events. */
export interface ExposeModel {
  /** The name that was asked for. */
  name: string;
  state: NodeState | 'stopping';
  /** More about the state, in words. */
  message?: string;
  /** Login page to open; absent when no login is waited for. */
  login?: string;
  ready?: ReadyEvent;
  /** Requests and connections so far. */
  requests: number;
  doors: Door[];
}

/** The screen before anything has happened. */
export function initialModel(name: string): ExposeModel {
  return { name, state: 'starting', requests: 0, doors: [] };
}

/** The model after an event. */
export function nextModel(model: ExposeModel, event: ExposeEvent): ExposeModel {
  switch (event.event) {
    case 'state':
      return {
        ...model,
        state: event.state,
        message: event.message,
        // Once past it, the login page is of no more use.
        login: event.state === 'needs-login' ? model.login : undefined,
      };
    case 'login':
      return { ...model, state: 'needs-login', login: event.url };
    case 'ready':
      return { ...model, state: 'running', message: undefined, login: undefined, ready: event };
    case 'request':
    case 'connection':
      return { ...model, requests: model.requests + 1 };
    case 'closed':
      return { ...model, state: 'stopped', message: event.reason };
    case 'addresses':
      return { ...model, ...(model.ready && { ready: { ...model.ready, urls: event.urls, public: event.public } }) };
    case 'certificate':
      if (event.state !== 'requested') return { ...model, message: undefined };
      return { ...model, message: `getting a certificate for ${event.domain}` };
    case 'warning':
    case 'error':
      return model;
  }
}
