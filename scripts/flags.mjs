// The flags that every build of the Go and C++ parts has in common: in a checkout, and in the packages.

/**
 * Parts of Tailscale that a node inside a process does not use: they configure the machine's DNS, serve the web interface of
 * `tailscale web`, or show debug pages. Without them the addon has 1 MB less, and links two modules fewer.
 */
const UNUSED = ['dbus', 'debugeventbus', 'networkmanager', 'resolved', 'synology', 'webclient'];
export const GO_TAGS = `-tags=netgo,osusergo,${UNUSED.map((name) => `ts_omit_${name}`).join(',')}`;
export const GO_FLAGS = ['-trimpath', '-ldflags=-s -w', GO_TAGS];

/** Macros of the C++ glue. binding.gyp has them, too. */
export const DEFINES = [
  'NAPI_VERSION=9',
  'NODE_ADDON_API_DISABLE_DEPRECATED',
  'NODE_ADDON_API_CPP_EXCEPTIONS',
  'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
];
