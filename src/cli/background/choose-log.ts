import { nodesNamed, notRunning, onlyNode, type RunningNode } from '../../control-socket/client.ts';
import { TsexposeError } from '../../errors.ts';
import { findLogs, type LogFile } from './log-file.ts';

const suggest = (which: string) => `tsexpose logs ${which}`;

/**
 * Returns the log of the node with this name or process ID, or of the only one in the background. A node that is running
 * comes before those that have ended.
 *
 * @throws `ERR_TSEXPOSE_NOT_RUNNING` if there is none
 * @throws `ERR_TSEXPOSE_USAGE` if there are several
 */
export function chooseLog(
  nodes: readonly RunningNode[],
  which?: string,
  logs: readonly LogFile[] = findLogs(),
): LogFile {
  const logged = nodes.filter(({ found }) => found.log !== undefined);
  if (which === undefined && logged.length > 0) return logOf(onlyNode(logged, which, suggest));
  const matching = which === undefined ? [] : nodesNamed(nodes, which);
  const inBackground = matching.filter((node) => logged.includes(node));
  if (inBackground.length > 0) return logOf(onlyNode(inBackground, which, suggest));
  const kept = logs.filter(({ name, pid }) => which === undefined || name === which || String(pid) === which);
  const names = [...new Set(logs.map(({ name }) => name))];
  if (kept[0] && (which !== undefined || names.length === 1)) return kept[0];
  if (matching[0]) throw inTerminal(matching[0]);
  if (which === undefined && names.length > 1) {
    const message = `There are logs of ${names.length} nodes; choose one by its name.`;
    throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions: names.map(suggest) });
  }
  if (names.length === 0) throw noLogs(which);
  if (which === undefined) throw notRunning();
  const message = `No node named ${which} has run in the background. Logs are kept for: ${names.join(', ')}.`;
  throw new TsexposeError('ERR_TSEXPOSE_NOT_RUNNING', message, { suggestions: names.map(suggest) });
}

function logOf({ found }: RunningNode): LogFile {
  return { name: found.name, pid: found.pid, path: found.log! };
}

function inTerminal({ found: { name, pid } }: RunningNode): TsexposeError {
  const message = `${name} (process ${pid}) does not run in the background: its output is where it was started.`;
  const suggestions = [`tsexpose stop ${pid}`, `tsexpose 3000 --name ${name} --detach`];
  return new TsexposeError('ERR_TSEXPOSE_NOT_RUNNING', message, { suggestions });
}

function noLogs(which: string | undefined): TsexposeError {
  const message = `No node${which === undefined ? '' : ` named ${which}`} has run in the background.`;
  const suggestions = ['tsexpose 3000 --detach', 'tsexpose list'];
  return new TsexposeError('ERR_TSEXPOSE_NOT_RUNNING', message, { suggestions });
}
