/** The proxy's own pages: HTML for browsers, plain text for everything else. */
import { createHash } from 'node:crypto';
import escapeHtml from 'escape-html';
import Negotiator from 'negotiator';

/** What a page says. */
export interface ErrorPage {
  status: number;
  /** A few words, such as `Access denied`. */
  title: string;
  /** One or two sentences. */
  message: string;
  /** What went wrong in the terms of RFC 9209 §2.3, for programs. @default 'http_request_error' */
  error?: string;
  /** Seconds after which a browser tries again on its own. */
  retryAfter?: number;
}

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{margin:0;min-height:100vh;display:grid;place-content:center;background:Canvas;color:CanvasText}
main{max-width:38rem;padding:2rem}
p.status{margin:0;opacity:.6;font-variant-numeric:tabular-nums}
h1{margin:.25rem 0 1rem;font-size:1.5rem;line-height:1.25}
code{font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere}
footer{margin-top:2rem;opacity:.6;font-size:.85rem}`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
// rule: a page of the proxy loads and runs nothing — mutate: default-src 'none' => default-src *
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** A rendered page. */
export interface RenderedPage {
  /** Names and values as a flat list, including `Content-Length`. */
  headers: string[];
  body: Buffer;
}

/** Renders a page for a caller that sent this `Accept` header. */
export function renderErrorPage(page: ErrorPage, accept: string | undefined): RenderedPage {
  const html = new Negotiator({ headers: { accept } }).mediaType(['text/plain', 'text/html']) === 'text/html';
  const body = Buffer.from(html ? renderHtml(page) : renderText(page));
  const headers = [
    ...['Content-Type', html ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8'],
    ...['Content-Length', String(body.length)],
    // rule: a page of the proxy is not cached
    ...['Cache-Control', 'no-store'],
    ...['Content-Security-Policy', POLICY],
    ...['X-Content-Type-Options', 'nosniff'],
    ...['Referrer-Policy', 'no-referrer'],
    // RFC 9209: tells a response of the proxy from one of the app.
    ...['Proxy-Status', `tsexpose; error=${page.error ?? 'http_request_error'}`],
  ];
  // RFC 9110 §15.5.2: a 401 says how to authenticate.
  if (page.status === 401) headers.push('WWW-Authenticate', 'Basic realm="tsexpose", charset="UTF-8"');
  if (page.retryAfter !== undefined) headers.push('Retry-After', String(page.retryAfter));
  return { headers, body };
}

function renderText({ status, title, message }: ErrorPage): string {
  return [`${status} ${title}`, '', message, '', 'tsexpose', ''].join('\n');
}

function renderHtml({ status, title, message, retryAfter }: ErrorPage): string {
  const refresh = retryAfter === undefined ? '' : `<meta http-equiv="refresh" content="${retryAfter}">`;
  // rule: a page of the proxy escapes its message — mutate: escapeHtml(message) => message
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${refresh}
<title>${status} ${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main><p class="status">${status}</p><h1>${escapeHtml(title)}</h1><p>${escapeHtml(message)}</p>
<footer>tsexpose</footer></main></body></html>
`;
}
