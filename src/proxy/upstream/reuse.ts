/** Failures of connections that had carried an answer before: a service may close those at any time. */
const REUSED = Symbol('reused');

/** Notes on an error whether the connection had carried an answer before. */
export function markReused<E extends Error>(error: E, reused: boolean): E {
  return Object.assign(error, { [REUSED]: reused });
}

/** Whether a failure hit a connection that had carried an answer before, and so may be no fault of the service. */
export function hitReusedConnection(error: Error): boolean {
  if (REUSED in error) return error[REUSED] === true;
  const { code, socket } = error as { code?: string; socket?: { bytesRead?: number } };
  return code === 'UND_ERR_SOCKET' && (socket?.bytesRead ?? 0) > 0;
}
