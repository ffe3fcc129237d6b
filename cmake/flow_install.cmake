# Installs the tools, and what find_package(flow CONFIG) needs: libraries, headers, and a config with a component for each library. All of it
# is found relative to the config, so that the installed tree may be moved.
include(CMakePackageConfigHelpers)

get_property(components GLOBAL PROPERTY FLOW_COMPONENTS)
get_property(include_directories GLOBAL PROPERTY FLOW_INCLUDE_DIRECTORIES)
list(REMOVE_DUPLICATES include_directories)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/flow)

set(table "set(flow_COMPONENTS ${components})\n")
foreach(component IN LISTS components)
  install(TARGETS flow_${component} EXPORT flow-${component}-targets)
  install(EXPORT flow-${component}-targets NAMESPACE flow:: DESTINATION ${package_directory})
  get_property(needs GLOBAL PROPERTY FLOW_${component}_NEEDS)
  get_property(finds GLOBAL PROPERTY FLOW_${component}_FINDS)
  string(APPEND table "set(flow_${component}_needs \"${needs}\")\nset(flow_${component}_finds \"${finds}\")\n")
endforeach()
install(TARGETS flow-snapshot)
foreach(directory IN LISTS include_directories)
  install(DIRECTORY ${directory}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} OPTIONAL)
endforeach()
configure_file(cmake/flow-config.cmake.in flow-config.cmake @ONLY)
write_basic_package_version_file(flow-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/flow-config.cmake ${PROJECT_BINARY_DIR}/flow-config-version.cmake
              ${PROJECT_SOURCE_DIR}/cmake/FindCAF.cmake DESTINATION ${package_directory})

if(PROJECT_IS_TOP_LEVEL)
  include(flow_debian)
endif()
