# Warnings, and the faster linker and the compiler cache where the machine has them.

add_compile_options(-Wall -Wextra -Wpedantic)
if(FLOW_WARNINGS_AS_ERRORS)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  add_compile_options(-Wno-restrict -Wno-stringop-overflow) # false alarms on std::string: https://gcc.gnu.org/PR105651
endif()

find_program(FLOW_MOLD mold)
if(FLOW_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_program(FLOW_CCACHE ccache)
if(FLOW_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness is what ccache asks for before it caches files that use a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${FLOW_CCACHE})
endif()
