/** Frameworks, each as its users start it: a fixture with pinned versions, and what its page does. */

export interface Framework {
  name: string;
  /** Directory in fixtures/. */
  fixture: string;
  /** The command line that starts it on a port. Programs are looked up in what the fixture installed. */
  command: (port: number) => string[];
  env?: Record<string, string>;
  /** Path of the page. @default '/' */
  path?: string;
  /** The file with what the page shows, `Hello one`; a change to it is seen without a reload by hand. */
  edit?: string;
  /** Whether the page has a form that says `Thanks form`. */
  form?: true;
  /** Part of the URL of the WebSocket that the page opens. */
  socket?: RegExp;
  /** What the page shows. @default 'Hello one' in `#text` */
  shows?: { selector: string; text: string };
  /** What to install by hand. */
  requires?: { program: string; packages: string };
  /** What the warning calls a server that is only recognized when it refuses a request. */
  refuses?: string;
  /** Whether it has no page, but a tool that says `Hello one`. */
  isMcp?: true;
  /** Whether `npm test` runs it too. */
  always?: true;
}

export const FRAMEWORKS: Framework[] = [
  {
    name: 'Vite',
    fixture: 'vite',
    command: (port) => ['vite', '--port', `${port}`, '--strictPort'],
    edit: 'main.js',
    socket: /token=/,
    always: true,
  },
  {
    name: 'Next.js',
    fixture: 'next',
    command: (port) => ['next', 'dev', '-p', `${port}`],
    env: { NEXT_TELEMETRY_DISABLED: '1' },
    edit: 'app/page.js',
    form: true,
    socket: /_next/,
    always: true,
  },
  {
    name: 'SvelteKit',
    fixture: 'sveltekit',
    command: (port) => ['vite', 'dev', '--port', `${port}`],
    edit: 'src/routes/+page.svelte',
    form: true,
    socket: /token=/,
  },
  {
    name: 'webpack-dev-server',
    fixture: 'wds',
    command: (port) => ['webpack', 'serve', '--port', `${port}`],
    edit: 'src/index.js',
    socket: /\/ws$/,
  },
  {
    name: 'Astro',
    fixture: 'astro',
    command: (port) => ['astro', 'dev', '--port', `${port}`],
    env: { ASTRO_TELEMETRY_DISABLED: '1' },
    edit: 'src/pages/index.astro',
    form: true,
    socket: /token=/,
  },
  {
    name: 'React Router',
    fixture: 'react-router',
    command: (port) => ['react-router', 'dev', '--port', `${port}`],
    edit: 'app/page.jsx',
    form: true,
    socket: /token=/,
  },
  {
    name: 'Nuxt',
    fixture: 'nuxt',
    command: (port) => ['nuxt', 'dev', '--port', `${port}`],
    env: { NUXT_TELEMETRY_DISABLED: '1', CI: '1' },
    edit: 'app/app.vue',
    socket: /_nuxt/,
  },
  {
    name: 'Storybook',
    fixture: 'storybook',
    command: (port) => ['storybook', 'dev', '--ci', '--port', `${port}`],
    env: { STORYBOOK_DISABLE_TELEMETRY: '1' },
    path: '/iframe.html?id=text--text',
    edit: 'text.stories.js',
    socket: /\/\?token=/,
  },
  {
    name: 'Docusaurus',
    fixture: 'docusaurus',
    command: (port) => ['docusaurus', 'start', '--no-open', '--port', `${port}`],
    edit: 'src/pages/index.js',
  },
  {
    name: 'Angular',
    fixture: 'angular',
    command: (port) => ['ng', 'serve', '--port', `${port}`],
    env: { NG_CLI_ANALYTICS: 'false' },
    edit: 'src/main.ts',
    socket: /token=/,
  },
  {
    name: 'Django',
    fixture: 'django',
    command: (port) => ['python', 'manage.py', 'runserver', `${port}`],
    form: true,
  },
  {
    name: 'Rails',
    fixture: 'rails',
    command: (port) => ['rails', 'server', '-p', `${port}`],
    form: true,
    requires: { program: '/usr/bin/rails', packages: 'ruby-rails puma' },
  },
  {
    name: 'Streamlit',
    fixture: 'streamlit',
    command: (port) => ['streamlit', 'run', 'app.py', '--server.headless', 'true', '--server.port', `${port}`],
    env: { STREAMLIT_BROWSER_GATHER_USAGE_STATS: 'false', STREAMLIT_SERVER_RUN_ON_SAVE: 'true' },
    shows: { selector: 'h1', text: 'Hello' },
    edit: 'app.py',
    socket: /_stcore\/stream/,
  },
  {
    name: 'Jupyter',
    fixture: 'jupyter',
    command: (port) => [
      ...[
        'jupyter',
        'lab',
        '--no-browser',
        '--allow-root',
        '--ServerApp.port',
        `${port}`,
        '--IdentityProvider.token',
        't',
      ],
    ],
    path: '/lab?token=t',
    shows: { selector: '.jp-LauncherCard', text: 'Terminal' },
  },
  {
    name: 'MCP',
    fixture: 'mcp',
    command: (port) => ['node', 'server.js', `${port}`],
    path: '/mcp',
    refuses: 'The MCP server',
    isMcp: true,
  },
  {
    name: 'Starlette',
    fixture: 'starlette',
    command: (port) => ['uvicorn', '--port', `${port}`, 'app:app'],
    form: true,
    refuses: 'Starlette',
  },
  {
    name: 'Flask',
    fixture: 'flask',
    command: (port) => ['flask', 'run', '--port', `${port}`],
    form: true,
    refuses: 'Flask',
  },
];
