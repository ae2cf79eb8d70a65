# The addon: one static library a target, since gyp knows compiler flags for a library and not for a file, and the addon that
# links them. Only a target's library may hold its instructions; `npm run lint` looks into the objects (scripts/check-targets).
{
  'variables': {
    # Nothing may be rounded, fused or trapped otherwise than the kernels say. No exceptions, no RTTI: they would bring in code
    # that the linker merges by name, and so a wide instruction into a function that every CPU runs.
    'kernel_flags': [
      '-std=c++20', '-O3', '-fomit-frame-pointer', '-fno-exceptions', '-fno-rtti', '-fno-math-errno', '-ffp-contract=off',
      '-fvisibility=hidden', '-Wall', '-Wextra',
    ],
    # C++'s own exceptions stay on in what is no kernel: std::thread and std::vector say so when the system has no more.
    'addon_flags': [
      '-std=c++20', '-O3', '-fomit-frame-pointer', '-fexceptions', '-fno-rtti', '-fvisibility=hidden', '-fvisibility-inlines-hidden',
      '-ffunction-sections', '-fdata-sections', '-Wall', '-Wextra',
    ],
    'sse4_flags': ['-msse4.2'],
    'avx2_flags': ['-mavx2', '-mfma', '-mf16c', '-mbmi', '-mbmi2'],
    # g++ 12 takes its own avx512fintrin.h for careless (GCC bug 105593).
    'avx512_flags': ['-mavx512f', '-mavx512bw', '-mavx512vl', '-mavx512dq', '-Wno-maybe-uninitialized'],
  },
  'target_defaults': {
    'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
    'configurations': {
      'Release': {'cflags!': ['-O3', '-fno-omit-frame-pointer']},
    },
    'xcode_settings': {
      'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
      'CLANG_CXX_LIBRARY': 'libc++',
      'MACOSX_DEPLOYMENT_TARGET': '11.0',
      'GCC_OPTIMIZATION_LEVEL': '3',
      'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
    },
  },
  'targets': [
    {
      'target_name': 'fovea',
      'sources': [
        'native/addon.cc',
        'native/args.cc',
        'native/call.cc',
        'native/cpu.cc',
        'native/dispatch.cc',
        'native/jobs.cc',
        'native/pages.cc',
        'native/pool.cc',
        'native/schedule.cc',
        'native/scratch.cc',
      ],
      'include_dirs': ["<!(node -p \"require('node-addon-api').include_dir\")"],
      'defines': ['NAPI_VERSION=8', 'NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED'],
      'cflags_cc!': ['-fno-exceptions'],
      'cflags_cc': ['<@(addon_flags)'],
      'xcode_settings': {'GCC_ENABLE_CPP_EXCEPTIONS': 'YES', 'OTHER_CPLUSPLUSFLAGS': ['<@(addon_flags)']},
      'conditions': [
        ['target_arch=="x64"', {'dependencies': ['sse4', 'avx2', 'avx512', 'avx512bf16']}],
        ['target_arch=="arm64"', {'dependencies': ['neon']}],
        # Its threads park in the library's code until the process ends, so it must stay when a worker that loaded it goes. The
        # C++ library comes along and hides: neither a missing nor another one on the user's machine matters.
        ['OS=="linux"', {
          'ldflags': ['-static-libstdc++', '-static-libgcc', '-Wl,-z,nodelete', '-Wl,--exclude-libs,ALL', '-Wl,--gc-sections'],
        }],
      ],
    },
  ],
  'conditions': [
    ['target_arch=="x64"', {
      'targets': [
        {
          'target_name': 'sse4',
          'type': 'static_library',
          'sources': ['native/targets/sse4.cc'],
          'cflags_cc': ['<@(kernel_flags)', '<@(sse4_flags)'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['<@(kernel_flags)', '<@(sse4_flags)']},
        },
        {
          'target_name': 'avx2',
          'type': 'static_library',
          'sources': ['native/targets/avx2.cc'],
          'cflags_cc': ['<@(kernel_flags)', '<@(avx2_flags)'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['<@(kernel_flags)', '<@(avx2_flags)']},
        },
        {
          'target_name': 'avx512',
          'type': 'static_library',
          'sources': ['native/targets/avx512.cc'],
          'cflags_cc': ['<@(kernel_flags)', '<@(avx512_flags)'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['<@(kernel_flags)', '<@(avx512_flags)']},
        },
        {
          'target_name': 'avx512bf16',
          'type': 'static_library',
          'sources': ['native/targets/avx512bf16.cc'],
          'cflags_cc': ['<@(kernel_flags)', '<@(avx512_flags)', '-mavx512bf16'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['<@(kernel_flags)', '<@(avx512_flags)', '-mavx512bf16']},
        },
      ],
    }],
    ['target_arch=="arm64"', {
      'targets': [
        {
          'target_name': 'neon',
          'type': 'static_library',
          'sources': ['native/targets/neon.cc'],
          'cflags_cc': ['<@(kernel_flags)'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['<@(kernel_flags)']},
        },
      ],
    }],
  ],
}
