import escapeHtml from 'escape-html';

/** What the sample app knows about its caller. */
export interface Greeting {
  /** Empty for a tagged device. */
  login: string;
  name: string;
  picture: string;
  /** The headers that say so, in their order. */
  headers: [name: string, value: string][];
}

/** Returns the page of the sample app: who the caller is, and how the app knows. */
export function samplePage({ login, name, picture, headers }: Greeting): string {
  const who = login ? `Hello, ${escapeHtml(name || login)}` : 'Hello, device';
  const how = login
    ? `You are <strong>${escapeHtml(login)}</strong>. You did not have to log in: your tailnet connection identifies you.`
    : 'You are a tagged device. Without a user there is no <code>Tailscale-User-*</code> header.';
  const avatar = picture ? `<img src="${escapeHtml(picture)}" alt="" width="96" height="96">` : '';
  const rows = headers.map(([header, value]) => `<tr><th>${escapeHtml(header)}</th><td>${escapeHtml(value)}</td></tr>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${who}</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  body { max-width: 46rem; margin: 10vh auto; padding: 0 1.5rem; }
  header { display: flex; gap: 1.5rem; align-items: center; }
  img { border-radius: 50%; }
  h1 { margin: 0; }
  table { width: 100%; border-collapse: collapse; margin-top: 1rem; }
  th, td { text-align: left; padding: .4rem .5rem; border-top: 1px solid #8884; overflow-wrap: anywhere; }
  th { font-weight: 500; white-space: nowrap; }
  td, code { font-family: ui-monospace, monospace; font-size: .9em; }
</style>
<header>${avatar}<div><h1>${who}</h1><p>${how}</p></div></header>
<p>The local app received these headers:</p>
<table>${rows.join('')}</table>
`;
}
