/** What reviewers read: in the summary of the job, and in a comment on the pull request. */
import { renderUnicodeCompact } from 'uqr';

/** A preview that can be opened. */
export interface Preview {
  /** The name that it asked for, which is the same in each run. */
  key: string;
  /** Its name on the tailnet. */
  name: string;
  fqdn: string;
  /** The best first. */
  urls: readonly string[];
  /** The name of the tailnet. */
  tailnet: string;
  /** The rules of `--allow`; empty if everyone on the tailnet may open it. */
  allow: readonly string[];
  ttl?: number | undefined;
  idle?: number | undefined;
  commit?: string | undefined;
}

/** Returns the text about a preview that is up. */
export function readyText(preview: Preview): string {
  const { urls, tailnet, allow, commit } = preview;
  const [url = ''] = urls;
  const rows = [
    ['Open it', `<${url}>, on a device on the tailnet ${code(tailnet)}`],
    ['Who may', allow.length > 0 ? allow.map(code).join(', ') : 'everyone on the tailnet'],
    ['Until', end(preview)],
    ...(commit ? [['Commit', code(commit.slice(0, 12))]] : []),
  ];
  return [
    `### Preview: [${plain(url)}](${url})`,
    '',
    '| | |',
    '|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    '<details><summary>QR code</summary>',
    '',
    '```',
    renderUnicodeCompact(url, { border: 2 }),
    '```',
    '',
    '</details>',
    '',
  ].join('\n');
}

/** Returns the text about a preview that has left the tailnet. */
export function goneText({ urls, commit }: Preview, reason: string): string {
  const [url = ''] = urls;
  const of = commit ? ` of ${code(commit.slice(0, 12))}` : '';
  return [`### This preview is gone`, '', `The preview${of} at ${code(url)} has ended: ${plain(reason)}.`, ''].join(
    '\n',
  );
}

function end({ ttl, idle }: Preview): string {
  const limits = [
    ...(ttl === undefined ? [] : [`for at most ${inWords(ttl)}`]),
    ...(idle === undefined ? [] : [`until there is no request for ${inWords(idle)}`]),
  ];
  return ['the job ends', ...limits].join(', ');
}

/** Returns a time as a person would say it, such as `2 hours` or `90 seconds`. */
export function inWords(ms: number): string {
  const units = [
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const;
  const [unit, length] = units.find(([, length]) => ms >= length && ms % length === 0) ?? ['second', 1000];
  const count = ms / length;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** What would end a text in backticks, or its cell of a table. */
const ENDS = /[`|\s]+/g;

/** Returns a text as code, which has no links, mentions or markup. */
function code(text: string): string {
  // rule: a text in backticks does not end them — mutate: ENDS => /[|]+/g
  const inside = text.replace(ENDS, ' ').trim();
  return `\`${inside || ' '}\``;
}

const MARKUP = /[\\`*_{}[\]()#+!|<>&~@]/g;
const entity = (character: string) => `&#${character.charCodeAt(0)};`;

/** Returns a text in which nothing is markup, a link or a mention. */
function plain(text: string): string {
  // rule: markup in a text from outside is text — mutate: .replace(MARKUP, entity) =>
  return text.replace(/\s+/g, ' ').replace(MARKUP, entity);
}
