/** What the sample service knows about its caller. */
export interface Greeting {
  /** Empty for a caller that is no person. */
  login: string;
  name: string;
  picture: string;
  /** The headers that told it, in their order. */
  headers: [name: string, value: string][];
}

/** The page of the sample service: who you are, and how it knows. */
export function samplePage({ login, name, picture, headers }: Greeting): string {
  const who = login ? `Hello, ${escapeHtml(name || login)}` : 'Hello, device';
  const how = login
    ? `You are <strong>${escapeHtml(login)}</strong>. There was no login page: your connection says who you are.`
    : 'You are a device that acts for itself. No <code>Tailscale-User-*</code> header means that nobody is logged in.';
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
<p>This is what the local service was told:</p>
<table>${rows.join('')}</table>
`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
