// The flags that every build of the Go and C++ parts has in common: in a checkout, and in the packages.

export const GO_TAGS = '-tags=netgo,osusergo';
export const GO_FLAGS = ['-trimpath', '-ldflags=-s -w', GO_TAGS];

/** Macros of the C++ glue. binding.gyp has them, too. */
export const DEFINES = [
  'NAPI_VERSION=9',
  'NODE_ADDON_API_DISABLE_DEPRECATED',
  'NODE_ADDON_API_CPP_EXCEPTIONS',
  'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
];
