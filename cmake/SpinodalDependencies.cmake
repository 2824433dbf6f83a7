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

# MPI is for the program spinodal-mpi alone. Systems have several side by side (Debian: Open MPI and MPICH), each with
# a compiler wrapper that says what it needs; the first one is that of `mpicc`. SPN_MPI_FOUND lists them: mpi for the
# first, others by name; SPN_MPI_PROGRAM_x the name of the program and SPN_MPI_RUN_x what starts it.
set(SPN_MPI_FOUND)
function(spn_find_mpi name program wrapper runner)
  find_program(SPN_MPICC_${name} NAMES ${wrapper})
  find_program(SPN_MPIRUN_${name} NAMES ${runner})
  if(NOT SPN_MPICC_${name} OR NOT SPN_MPIRUN_${name})
    return()
  endif()
  # `-show` of both prints the command line: its flags are those of headers and libraries.
  execute_process(COMMAND "${SPN_MPICC_${name}}" -show OUTPUT_VARIABLE line RESULT_VARIABLE failed
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed)
    return()
  endif()
  separate_arguments(words UNIX_COMMAND "${line}")
  set(folders)
  set(links)
  foreach(word IN LISTS words)
    if(word MATCHES "^-I(.+)")
      list(APPEND folders "${CMAKE_MATCH_1}")
    elseif(word MATCHES "^-(L|l|Wl,|pthread)")
      list(APPEND links "${word}")
    endif()
  endforeach()
  add_library(spn_${name} INTERFACE)
  target_include_directories(spn_${name} SYSTEM INTERFACE ${folders})
  target_link_libraries(spn_${name} INTERFACE ${links})
  set(SPN_MPI_FOUND ${SPN_MPI_FOUND} ${name} PARENT_SCOPE)
  set(SPN_MPI_PROGRAM_${name} ${program} PARENT_SCOPE)
  set(SPN_MPI_RUN_${name} "${SPN_MPIRUN_${name}}" PARENT_SCOPE)
endfunction()
if(SPN_MPI)
  spn_find_mpi(mpi spinodal-mpi mpicc mpirun)
  if(SPN_TESTS)
    spn_find_mpi(openmpi spinodal-openmpi mpicc.openmpi mpirun.openmpi)
    spn_find_mpi(mpich spinodal-mpich mpicc.mpich mpirun.mpich)
  endif()
endif()
