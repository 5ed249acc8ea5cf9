import { Box, Text } from 'ink';
import type { JSX } from 'react';
import stringWidth from 'string-width';
import { renderUnicodeCompact } from 'uqr';
import { publicLine } from '../plain.ts';
import { printable } from '../printable.ts';
import { padColumns } from '../table.ts';
import { CallerRow } from './caller-row.tsx';
import type { ExposeModel } from './expose-model.ts';
import { helpRows, KeyLine, type KeyModel } from './key-line.tsx';
import { Link } from './link.tsx';
import { Panel } from './panel.tsx';
import { fittingRows, linesOf, type Row } from './rows.tsx';
import { StateLine, TrafficLine } from './state-line.tsx';
import { ColorContext, Tint } from './tint.tsx';

export interface ExposeScreenProps {
  model: ExposeModel;
  /** What the keys have done; undefined if the screen does not get any. */
  keys?: KeyModel | undefined;
  /** Width of the terminal in columns. */
  columns: number;
  /** Height of the terminal. @default 24 */
  rows?: number;
  /** Whether to use colors. */
  color: boolean;
}

/** Lines of the terminal that are left for the log, and for the cursor. */
const LEFT_FREE = 2;
/**
 * Lines in a terminal of ordinary height. When a terminal becomes lower, what scrolls out of it cannot be erased, so the
 * screen takes no more than there is in a low one.
 */
const ORDINARY = 9;
/** Lines of a high terminal, which can have all of the screen. */
const HIGH = 36;
const MOST_CALLERS = 6;

/** The live part of the terminal; the log scrolls by above it. In a small terminal it leaves out what matters least. */
export function ExposeScreen({ model, keys, columns, rows = 24, color }: ExposeScreenProps): JSX.Element {
  const top = panelRows(model, columns);
  const bottom = [
    ...doorRows(model, columns),
    ...panelBelow(model, keys),
    ...callerRows(model),
    ...statusRows(model, keys, columns),
  ];
  const frame: Row[] = top.length > 0 ? [{ key: 'frame', rank: 70, height: 2 }] : [];
  const isOver = model.state === 'stopped' || model.state === 'failed';
  const all = isOver ? bottom.filter(({ key }) => key === 'state') : [gap('top', 8), ...frame, ...top, ...bottom];
  const fitting = fittingRows(all, budgetOf(rows, model.login !== undefined || keys?.panel !== undefined));
  const within = fitting.filter((row) => top.includes(row));
  const hasFrame = fitting.some(({ key }) => key === 'frame');
  const width = Math.max(0, ...texts(model).map((text) => stringWidth(text)));
  return (
    <ColorContext.Provider value={color}>
      <Box flexDirection="column">
        {fitting.some(({ key }) => key === 'top') && <Text> </Text>}
        {within.length > 0 && (
          <Panel columns={hasFrame ? columns : 0} width={width}>
            {within.map(nodeOf)}
          </Panel>
        )}
        {fitting.filter((row) => bottom.includes(row)).map(nodeOf)}
      </Box>
    </ColorContext.Provider>
  );
}

/** Returns how many lines the screen may take. What someone has to read now may take nearly all of them. */
function budgetOf(rows: number, isUrgent: boolean): number {
  const most = isUrgent || rows >= HIGH ? rows : ORDINARY;
  return Math.max(2, Math.min(most, rows - LEFT_FREE));
}

const gap = (key: string, rank = 80): Row => ({ key, rank, node: <Text> </Text> });
const nodeOf = ({ key, node }: Row) => <Box key={key}>{node}</Box>;

const AFTER_LOGIN = 'Any device works. This screen updates by itself.';

function headingOf({ name }: ExposeModel): string {
  return `To add ${printable(name)} to your tailnet, open this page in a browser and log in:`;
}

/** Returns what is inside the frame, as text. */
function texts(model: ExposeModel): string[] {
  const { login, ready } = model;
  const own = login ? [headingOf(model), printable(login), AFTER_LOGIN] : [];
  const qr = login ? qrLines(login) : [];
  return [...own, ...qr, ...(ready ? [...ready.urls.map(printable), ...publicLine(ready), targetText(model)] : [])];
}

function targetText({ ready, down }: ExposeModel): string {
  const state = down === undefined ? '' : ` · ${down.length === 0 ? 'up' : 'down'}`;
  return `→ ${printable(ready!.target)}${state}`;
}

/** Returns the login page, or the addresses and the target. */
function panelRows(model: ExposeModel, columns: number): Row[] {
  const rows: Row[] = [];
  const { login, ready } = model;
  if (login) {
    const heading = headingOf(model);
    const fits = stringWidth(heading) <= columns;
    rows.push(
      { key: 'heading', rank: 3, node: line(fits ? heading : `Log in to add ${printable(model.name)}:`) },
      { key: 'login', rank: 0, height: linesOf(printable(login), columns), node: <Link url={login} bold /> },
      ...qrRows('login-qr', login, 75),
      {
        key: 'after',
        rank: 60,
        node: (
          <Text dimColor wrap="truncate-end">
            {AFTER_LOGIN}
          </Text>
        ),
      },
    );
  }
  if (!ready) return rows;
  const urls = ready.urls.length > 0 ? ready.urls : [ready.fqdn];
  urls.forEach((url, index) => {
    const height = linesOf(printable(url), columns);
    rows.push({
      key: `url ${url}`,
      rank: index === 0 ? 1 : 40 + index,
      height,
      node: <Link url={url} bold={index === 0} />,
    });
  });
  const [open] = publicLine(ready);
  if (open)
    rows.push({
      key: 'public',
      rank: 5,
      node: (
        <Tint color="yellow" wrap="truncate-end">
          {open}
        </Tint>
      ),
    });
  const isDown = model.down !== undefined && model.down.length > 0;
  rows.push({
    key: 'target',
    rank: 4,
    node: (
      <Text wrap="truncate-end">
        <Tint color={isDown ? 'red' : undefined} dimColor={!isDown}>
          {targetText(model)}
        </Tint>
      </Text>
    ),
  });
  return rows;
}

function doorRows({ doors }: ExposeModel, columns: number): Row[] {
  if (doors.length === 0) return [];
  const urls = Math.max(...doors.map(({ url }) => stringWidth(printable(url))));
  const full = doors.map(({ who }) => printable(who));
  const isNarrow = Math.max(...full.map((name) => stringWidth(name))) + urls + 4 > columns;
  // The part before the @ or the tags tells them apart.
  const names = isNarrow ? full.map((name) => name.split(/[@ ]/)[0]!) : full;
  const width = Math.max(...names.map((name) => stringWidth(name)));
  return [
    gap('doors', 81),
    { key: 'doors of', rank: 33, node: <Text dimColor>Open it on this machine as</Text> },
    ...doors.map(({ url }, index) => ({
      key: `door ${url}`,
      rank: 20 + index / 100,
      node: (
        <Text wrap="truncate-end">
          {`  ${padColumns(names[index]!, width)}  `}
          <Link url={url} />
        </Text>
      ),
    })),
  ];
}

/** Returns what a key has opened: the help, or the QR code. */
function panelBelow({ login, ready }: ExposeModel, keys: KeyModel | undefined): Row[] {
  if (keys?.panel === 'help') {
    const rows = helpRows(login !== undefined).map((node, index) => ({
      key: `help ${index}`,
      rank: 6 + index / 100,
      node,
    }));
    return [gap('help', 82), ...rows];
  }
  const url = keys?.panel === 'qr' ? (login ?? ready?.urls[0]) : undefined;
  return url === undefined ? [] : qrRows('qr', url, 2.5);
}

function qrRows(key: string, url: string, rank: number): Row[] {
  const lines = qrLines(url);
  return [{ key, rank, height: lines.length, node: <Text>{lines.join('\n')}</Text> }];
}

/** Returns a QR code as lines of text. */
export function qrLines(url: string): string[] {
  return renderUnicodeCompact(url, { border: 1 }).split('\n');
}

function callerRows({ callers, state }: ExposeModel): Row[] {
  if (callers.length === 0 || state !== 'running') return [];
  const shown = callers.length > MOST_CALLERS ? callers.slice(0, MOST_CALLERS - 1) : callers;
  const more = callers.length - shown.length;
  const heading = `${callers.length} connected`;
  return [
    gap('callers', 83),
    { key: 'connected', rank: 31, node: <Text dimColor>{heading}</Text> },
    ...shown.map((caller, index) => ({
      key: `caller ${index}`,
      rank: 21 + index / 100,
      node: <CallerRow caller={caller} />,
    })),
    ...(more > 0 ? [{ key: 'more callers', rank: 32, node: <Text dimColor>{`… and ${more} more`}</Text> }] : []),
  ];
}

function statusRows(model: ExposeModel, keys: KeyModel | undefined, columns: number): Row[] {
  const { traffic, state, login } = model;
  const rows: Row[] = [
    gap('status', 79),
    { key: 'state', rank: 0, node: <StateLine model={model} keys={keys !== undefined} /> },
  ];
  if (traffic.total > 0)
    rows.push({ key: 'traffic', rank: 2, node: <TrafficLine traffic={traffic} columns={columns} /> });
  if (keys && state !== 'stopping') {
    rows.push({ key: 'keys', rank: 1.5, node: <KeyLine keys={keys} login={login !== undefined} columns={columns} /> });
  }
  return rows;
}

function line(text: string): JSX.Element {
  return <Text wrap="truncate-end">{text}</Text>;
}
