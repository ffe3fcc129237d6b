# Finds the C++ Actor Framework, whose Debian package has no CMake config.
# find_package(CAF <version> COMPONENTS core io ...) defines caf::core, caf::io, ... and CAF_VERSION, as its headers say.

find_path(CAF_INCLUDE_DIR caf/all.hpp)
mark_as_advanced(CAF_INCLUDE_DIR)
if(CAF_INCLUDE_DIR)
  file(STRINGS ${CAF_INCLUDE_DIR}/caf/config.hpp caf_version REGEX "#define CAF_VERSION [0-9]+")
  string(REGEX MATCH "[0-9]+" caf_version "${caf_version}") # 1706 is 0.17.6
  math(EXPR caf_major "${caf_version} / 10000")
  math(EXPR caf_minor "${caf_version} / 100 % 100")
  math(EXPR caf_patch "${caf_version} % 100")
  set(CAF_VERSION ${caf_major}.${caf_minor}.${caf_patch})
endif()

foreach(component IN LISTS CAF_FIND_COMPONENTS)
  find_library(CAF_${component}_LIBRARY caf_${component})
  mark_as_advanced(CAF_${component}_LIBRARY)
  if(CAF_${component}_LIBRARY AND CAF_INCLUDE_DIR)
    set(CAF_${component}_FOUND TRUE)
  endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CAF REQUIRED_VARS CAF_INCLUDE_DIR VERSION_VAR CAF_VERSION HANDLE_COMPONENTS)

if(CAF_FOUND)
  find_package(Threads REQUIRED)
  foreach(component IN LISTS CAF_FIND_COMPONENTS)
    if(NOT TARGET caf::${component})
      add_library(caf::${component} UNKNOWN IMPORTED)
      set_target_properties(caf::${component} PROPERTIES IMPORTED_LOCATION ${CAF_${component}_LIBRARY}
                                                         INTERFACE_INCLUDE_DIRECTORIES ${CAF_INCLUDE_DIR}
                                                         INTERFACE_LINK_LIBRARIES Threads::Threads)
    endif()
  endforeach()
  if(TARGET caf::io AND TARGET caf::core)
    set_property(TARGET caf::io APPEND PROPERTY INTERFACE_LINK_LIBRARIES caf::core)
  endif()
endif()
