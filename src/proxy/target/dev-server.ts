/** Development servers: how to tell one from its process or its refusals, and how each learns of another name. */

/** A development server that only answers to the names that it knows. */
export interface DevServer {
  name: string;
  /** What to change in its own configuration, in words. */
  setting: string;
  /** Whether its pages open their WebSocket at the port that it listens on, whatever port they came from. @default false */
  ownPort?: true;
}

interface Row extends DevServer {
  /** Matches its command line. */
  command?: RegExp;
  /** Matches the status and the text of a refusal, such as `403 Blocked request.` */
  refusal?: RegExp;
  /** Matches the path of a WebSocket that it refuses to open for other origins. */
  socket?: RegExp;
}

/** Matches a program by its name, with or without a path and an extension, and the words that follow its flags. */
function program(names: string, words = ''): RegExp {
  const tail = words === '' ? '(?=\\s|$)' : `(?:\\s+-\\S+)*\\s+(?:${words})(?=\\s|$)`;
  return new RegExp(`(?:^|[\\s/\\\\])(?:${names})(?:\\.[cm]?js|\\.py|\\.exe)?${tail}`);
}

const ALLOWED = 'server.allowedHosts in vite.config';

// Frameworks that are built on another one come before it.
const ROWS: readonly Row[] = [
  { name: 'Astro', setting: ALLOWED, command: program('astro', 'dev|preview') },
  { name: 'Nuxt', setting: 'vite.server.allowedHosts in nuxt.config', command: program('nuxt|nuxi', 'dev|preview') },
  { name: 'React Router', setting: ALLOWED, command: program('react-router|remix', 'dev|vite:dev') },
  { name: 'Angular', setting: 'allowedHosts in angular.json', command: program('ng', 'serve|dev|s') },
  {
    name: 'Storybook',
    setting: 'core.allowedHosts in .storybook/main',
    command: program('storybook', 'dev'),
    ownPort: true,
  },
  { name: 'Docusaurus', setting: '', command: program('docusaurus', 'start') },
  {
    name: 'Next.js',
    setting: 'allowedDevOrigins in next.config',
    command: program('next', 'dev'),
    refusal: /^(?:500 Invalid Server Actions request|500 .*`?x-forwarded-host`? header.*does not match)/s,
    socket: /^\/_next\/(?:webpack-)?hmr/,
  },
  {
    name: 'webpack-dev-server',
    setting: 'devServer.allowedHosts in webpack.config',
    ownPort: true,
    command:
      /^webpack$|(?:^|[\s/\\])(?:webpack(?:-cli)?(?:\.js)?(?:\s+-\S+)*\s+(?:serve|server|s)|webpack-dev-server|react-scripts(?:\.js\s+|\s+|\/scripts\/)start|vue-cli-service(?:\.js)?\s+serve)(?=[\s./]|$)/,
    refusal: /^403 Invalid Host(?:\/Origin)? header$/,
  },
  {
    name: 'Vite',
    setting: ALLOWED,
    command: program('vite'),
    refusal: /^403 (?:<[^>]*>\s*)*Blocked request\. This host \(/,
  },
  {
    name: 'Django',
    setting: 'ALLOWED_HOSTS and CSRF_TRUSTED_ORIGINS in settings.py',
    command: program('manage|django-admin|django', 'runserver|runserver_plus'),
    refusal: /^(?:400 .*DisallowedHost at |403 .*Origin checking failed - )/s,
  },
  {
    name: 'Rails',
    setting: 'config.hosts in config/environments/development.rb',
    // The title that Puma gives itself: only `rails server` in development listens on this name without being told to.
    command: new RegExp(`^puma \\S+ \\(tcp://localhost:\\d+\\)|${program('rails', 's|server').source}`),
    refusal: /^(?:403 .*Blocked hosts?: |422 .*HTTP Origin header \()/s,
  },
  {
    name: 'Streamlit',
    setting: '--server.corsAllowedOrigins',
    command: program('streamlit', 'run'),
    socket: /^\/_stcore\/stream/,
  },
  {
    name: 'Jupyter',
    setting: 'ServerApp.local_hostnames and ServerApp.allow_origin',
    command: /(?:^|[\s/\\])jupyter(?:-lab|-notebook|-server|\s+(?:lab|notebook|server))(?=[\s.]|$)/,
    socket: /^\/api\/kernels\//,
  },
  {
    name: 'Starlette',
    setting: 'allowed_hosts of TrustedHostMiddleware',
    refusal: /^400 Invalid host header$/,
  },
  {
    name: 'Flask',
    setting: 'TRUSTED_HOSTS',
    refusal: /^400 .*<p>Host .{1,300} is not trusted\.<\/p>/s,
  },
  {
    name: 'The MCP server',
    setting: 'allowedHosts and allowedOrigins of its transport',
    refusal: /^(?:403 \{.*"Invalid (?:Host|Origin)|(?:421|403|400) Invalid (?:Host|Origin) header)/s,
  },
  {
    name: 'The framework',
    setting: '',
    refusal:
      /^(?:403 Cross-site (?:POST|PUT|PATCH|DELETE) form submissions are forbidden|400 .*does not match `origin` header from a forwarded action request)/s,
  },
];

/** Returns the development server that a process is, from its command line; undefined if it is none. */
export function devServerOf(command: string): DevServer | undefined {
  return ROWS.find((row) => row.command?.test(command));
}

/** A response that may be a refusal. */
export interface SeenResponse {
  /** 0 if the target closed the connection instead. */
  status: number;
  /** The path that was asked for. */
  path: string;
  /** How the body begins. */
  text: string;
}

/** Whether a response with a status may be a development server's refusal. */
export function mayBeRefusal(status: number): boolean {
  return status === 400 || status === 403 || status === 421 || status === 422 || status === 500;
}

/** Returns the development server that refused a request because of its Host or its Origin; undefined for any other response. */
export function refusedBy({ status, path, text }: SeenResponse): DevServer | undefined {
  const seen = `${status} ${text.trim()}`;
  return ROWS.find((row) => row.refusal?.test(seen) || ((status === 0 || status === 403) && row.socket?.test(path)));
}
