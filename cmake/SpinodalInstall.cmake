# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: libraries, headers, program, pkg-config files, CMake package.
include(CMakePackageConfigHelpers)
get_property(libraries GLOBAL PROPERTY SPN_LIBRARIES)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/spinodal")
set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

install(TARGETS ${libraries} EXPORT spinodalTargets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(TARGET spinodal_cli)
  install(TARGETS spinodal_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  install(DIRECTORY "${PROJECT_BINARY_DIR}/manual/man1" DESTINATION "${CMAKE_INSTALL_MANDIR}")
  install(FILES "${PROJECT_BINARY_DIR}/manual/spinodal.bash" RENAME spinodal
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
  install(FILES "${PROJECT_BINARY_DIR}/manual/_spinodal" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
endif()
if(TARGET spinodal_mpi)
  install(TARGETS spinodal_mpi RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/spinodal" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/third_party/uplot/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}" RENAME LICENSE.uPlot)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/examples/" DESTINATION "${CMAKE_INSTALL_DOCDIR}/examples"
  FILES_MATCHING PATTERN "*.c" PATTERN "*.yaml" PATTERN "*.csv" PATTERN "*.sh")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/data/" DESTINATION "${CMAKE_INSTALL_DATADIR}/spinodal/data")

install(EXPORT spinodalTargets NAMESPACE spinodal:: DESTINATION "${package_dir}")
configure_package_config_file(cmake/spinodalConfig.cmake.in
  "${PROJECT_BINARY_DIR}/spinodalConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/spinodalConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/spinodalConfig.cmake"
  "${PROJECT_BINARY_DIR}/spinodalConfigVersion.cmake" DESTINATION "${package_dir}")

# What we stand on is named by its flags: as required packages, `pkg-config --static` would ask for
# their own private libraries too, a Fortran run-time among them, which linking to them does not need.
# Only a program that is static altogether needs it, and where it can be had: "-static".
include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES -lgfortran -lquadmath)
check_c_source_compiles("int main(void) { return 0; }" SPN_HAS_GFORTRAN)
unset(CMAKE_REQUIRED_LIBRARIES)
set(fortran_flags)
if(SPN_HAS_GFORTRAN)
  set(fortran_flags -lgfortran -lquadmath)
endif()
list(JOIN OPENBLAS_LDFLAGS " " core_flags)
list(JOIN fortran_flags " " fortran_flags)
set(io_flags)
foreach(library IN ITEMS YAML HDF5 JANSSON LIBZIP ZLIB)
  list(APPEND io_flags ${${library}_LDFLAGS})
endforeach()
list(JOIN io_flags " " io_flags)
# The .pc files find their own prefix, so that `cmake --install --prefix` may choose any.
file(RELATIVE_PATH prefix_from_pc "/${pkgconfig_dir}" "/")
string(REGEX REPLACE "/$" "" prefix_from_pc "${prefix_from_pc}")
foreach(name IN ITEMS spinodal spinodal_io)
  configure_file("cmake/${name}.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${name}.pc" DESTINATION "${pkgconfig_dir}")
endforeach()

# A folder that the loader looks into is looked through anew, which is root's to do; packagers have their own ways.
install(CODE [[
  if("$ENV{DESTDIR}" STREQUAL "")
    execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
    find_program(ldconfig NAMES ldconfig PATHS /sbin /usr/sbin)
    if(user STREQUAL "0" AND ldconfig)
      message(STATUS "Running: ${ldconfig}")
      execute_process(COMMAND "${ldconfig}")
    endif()
  endif()
]])
