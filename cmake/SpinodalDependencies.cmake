# SPDX-License-Identifier: MIT
# Libraries others keep well, each for its own job (docs/decisions/0001-dependencies.md).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
# The serial flavour by name: on Debian plain "hdf5" becomes the MPI one once that is installed. Other
# systems know it as "hdf5" only.
pkg_search_module(HDF5 REQUIRED IMPORTED_TARGET hdf5-serial hdf5)
# Its unversioned names mean other functions and types in each release; ask for those of 1.10 everywhere.
target_compile_definitions(PkgConfig::HDF5 INTERFACE H5_USE_110_API)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
if(SPN_TESTS)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()
