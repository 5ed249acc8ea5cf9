{
  # The addon in two steps: the Go archive (scripts/build-go.mjs), then the C++ glue linked with it.
  'targets': [
    {
      'target_name': 'archive',
      'type': 'none',
      'actions': [
        {
          'action_name': 'go_archive',
          'message': 'Building the tailnet node (Go)',
          'inputs': ['<!@(node scripts/build-go.mjs inputs)'],
          'outputs': ['<(SHARED_INTERMEDIATE_DIR)/libtsexpose.a'],
          'action': ['node', 'scripts/build-go.mjs', 'archive', '<@(_outputs)'],
        },
      ],
    },
    {
      'target_name': 'tsexpose',
      'dependencies': ['archive'],
      'sources': ['src/native/addon.cc', 'src/native/signals.cc', 'src/native/sink.cc'],
      'include_dirs': ['<!@(node -p "require(\'node-addon-api\').include_dir")', 'src/native'],
      'defines': [
        'NAPI_VERSION=9',
        'NODE_ADDON_API_DISABLE_DEPRECATED',
        'NODE_ADDON_API_CPP_EXCEPTIONS',
        # A worker that is being terminated cannot take a JavaScript exception; without this the process aborts.
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
      ],
      'cflags_cc': ['-std=c++17', '-fvisibility=hidden', '-Wall', '-Wextra'],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti'],
      'libraries': ['<(SHARED_INTERMEDIATE_DIR)/libtsexpose.a'],
      'conditions': [
        ['OS=="linux"', {
          'ldflags': [
            # The Go runtime cannot be unloaded; Node unloads an addon whose last user was a worker.
            '-Wl,-z,nodelete',
            '-Wl,-Bsymbolic',
            '-Wl,--exclude-libs,ALL',
            '-static-libstdc++',
            '-static-libgcc',
          ],
          'libraries': ['-lpthread', '-lresolv'],
        }],
        ['OS=="mac"', {
          'xcode_settings': {
            'GCC_ENABLE_CPP_EXCEPTIONS': 'YES',
            'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
            'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
            'MACOSX_DEPLOYMENT_TARGET': '13.0',
          },
          'link_settings': {
            'libraries': ['-framework CoreFoundation', '-framework Security', '-framework IOKit', '-lresolv'],
          },
        }],
      ],
    },
  ],
}
