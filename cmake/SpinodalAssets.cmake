# SPDX-License-Identifier: MIT
# Puts the files of the page (src/page/assets) into a C source, as arrays of bytes that end with 0.
#
#   cmake -DOUT=FILE.c -Dframe=A -Dstyle=B,C -Dscript=D,E -P SpinodalAssets.cmake
#
# Several files of one array follow each other. Scripts stand in one scope of strict JavaScript, but for what is minified
# (*.min.js), which stands before them as it is.
cmake_minimum_required(VERSION 3.22)

# Bytes as hexadecimal digits, two each, to elements of an array in C.
function(spn_append_elements out hex)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," elements "${hex}")
  set(${out} "${${out}}${elements}\n" PARENT_SCOPE)
endfunction()

set(code "/* Made from files of src/page/assets by cmake/SpinodalAssets.cmake. */\n#include \"page/page.h\"\n")
foreach(name IN ITEMS frame style script)
  string(APPEND code "const unsigned char spni_asset_${name}[] = {\n")
  string(REPLACE "," ";" files "${${name}}")
  set(is_scope OFF)
  foreach(file IN LISTS files)
    if(file MATCHES "\\.js$" AND NOT file MATCHES "\\.min\\.js$" AND NOT is_scope)
      string(HEX "(() => {\n\"use strict\";\n" opening)
      spn_append_elements(code "${opening}")
      set(is_scope ON)
    endif()
    file(READ "${file}" hex HEX)
    spn_append_elements(code "${hex}")
  endforeach()
  if(is_scope)
    string(HEX "})();\n" closing)
    spn_append_elements(code "${closing}")
  endif()
  string(APPEND code "0};\n")
endforeach()
file(WRITE "${OUT}" "${code}")
