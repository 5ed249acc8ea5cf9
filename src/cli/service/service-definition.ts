import escapeHtml from 'escape-html';

/** What a service runs. */
export interface ServiceOptions {
  /** Name of the node. */
  name: string;
  /** The program and its arguments. */
  words: readonly string[];
  cwd: string;
  /** Where programs are looked up. */
  path: string;
  /** Whether the service starts an app as well, which may need more than tsexpose does. */
  startsApp: boolean;
}

/** Returns a user unit for systemd. It has no secrets: those are in the node's state or in the file of variables. */
export function systemdUnit({ name, words, cwd, path, startsApp }: ServiceOptions): string {
  return `# Written by: tsexpose service install
[Unit]
Description=tsexpose: ${specifiers(name)} on the tailnet
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${words.map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ')}
WorkingDirectory=${specifiers(cwd)}
Environment=${quoted(`PATH=${path}`)}
# Variables with secrets, such as TS_AUTHKEY and TSEXPOSE_FUNNEL_AUTH. Only you should be able to read it: chmod 600
EnvironmentFile=-%E/tsexpose/${name}.env

# 130 is a normal stop. A wrong flag, a missing login, and a taken name do not go away by starting again.
SuccessExitStatus=130
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=2 3 4
TimeoutStopSec=15
LimitNOFILE=65536

NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
UMask=0077
${startsApp ? '' : HARDENING}
[Install]
WantedBy=default.target
`;
}

const HARDENING = `RestrictNamespaces=yes
# Netlink tells the node when the machine's addresses change.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
`;

const specifiers = (text: string) => text.replaceAll('%', '%%');
const quoted = (text: string) => `"${specifiers(text).replace(/["\\]/g, '\\$&')}"`;

/** Returns an agent for launchd. Like the unit, it has no secrets. */
export function launchdAgent({ name, words, cwd, path }: ServiceOptions, log: string): string {
  const strings = words.map((word) => `    <string>${escapeHtml(word)}</string>`).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>${agentLabel(name)}</string>
  <key>ProgramArguments</key>
  <array>
${strings}
  </array>
  <key>WorkingDirectory</key><string>${escapeHtml(cwd)}</string>
  <key>EnvironmentVariables</key>
  <dict><key>PATH</key><string>${escapeHtml(path)}</string></dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ThrottleInterval</key><integer>10</integer>
  <key>Umask</key><integer>63</integer>
  <key>StandardOutPath</key><string>${escapeHtml(log)}</string>
  <key>StandardErrorPath</key><string>${escapeHtml(log)}</string>
</dict>
</plist>
`;
}

/** Returns the label of the agent of a node. */
export const agentLabel = (name: string): string => `tsexpose.${name}`;
