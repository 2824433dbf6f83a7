# SPDX-License-Identifier: MIT
# How everything is compiled: one interface target that every target of the project links.
add_library(spinodal_compile INTERFACE)
target_compile_features(spinodal_compile INTERFACE c_std_11)
target_compile_definitions(spinodal_compile INTERFACE _DEFAULT_SOURCE _POSIX_C_SOURCE=200809L)
# Messages are cut to fixed buffers on purpose: -Wno-format-truncation.
# No -ffast-math anywhere; no fused multiply-add outside kernels: gcc and clang then agree to the bit.
target_compile_options(spinodal_compile INTERFACE
  -ffp-contract=off -fno-math-errno -fno-trapping-math
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
  -Wdouble-promotion -Wformat=2 -Wundef -Wcast-qual
  $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>
  $<$<BOOL:${SPN_WARNINGS_AS_ERRORS}>:-Werror>)

# Instrumentation must reach every object and every link, so it goes to the whole tree.
if(SPN_SANITIZE)
  add_compile_definitions(SPN_INVARIANTS)
  add_compile_options(-fsanitize=${SPN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${SPN_SANITIZE})
endif()
if(SPN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(SPN_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
