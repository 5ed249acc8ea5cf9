/** Failures of connections that had carried a response before: the target may close those at any time. */
const REUSED = Symbol('reused');

/** Notes on an error whether its connection had carried a response before. */
export function markReused<E extends Error>(error: E, reused: boolean): E {
  return Object.assign(error, { [REUSED]: reused });
}

/** Whether a failure hit a connection that had carried a response before, and so may not be the target's fault. */
export function hitReusedConnection(error: Error): boolean {
  if (REUSED in error) return error[REUSED] === true;
  const { code, socket } = error as { code?: string; socket?: { bytesRead?: number } };
  return code === 'UND_ERR_SOCKET' && (socket?.bytesRead ?? 0) > 0;
}
