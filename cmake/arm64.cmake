# SPDX-License-Identifier: MIT
# Toolchain file: compiles for arm64 Linux on another computer, against the folder that
# tools/arm64_sysroot.sh fills, and runs the tests under qemu's user emulation (docs/testing.md).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(SPN_ARM64_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../build/arm64-sysroot" CACHE PATH "arm64 libraries")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SPN_ARM64_SYSROOT)
get_filename_component(CMAKE_SYSROOT "${SPN_ARM64_SYSROOT}" ABSOLUTE)
if(NOT EXISTS "${CMAKE_SYSROOT}/usr/include")
  message(FATAL_ERROR "No arm64 libraries in ${CMAKE_SYSROOT}: run tools/arm64_sysroot.sh first")
endif()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${CMAKE_SYSROOT}")
set(ENV{PKG_CONFIG_LIBDIR}
  "${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig")

find_program(SPN_QEMU NAMES qemu-aarch64-static qemu-aarch64)
if(SPN_QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${SPN_QEMU};-L;${CMAKE_SYSROOT}")
endif()
