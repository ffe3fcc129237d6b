# Installs what find_package(flow CONFIG) needs.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(libraries GLOBAL PROPERTY FLOW_LIBRARIES)
get_property(include_directories GLOBAL PROPERTY FLOW_INCLUDE_DIRECTORIES)
list(REMOVE_DUPLICATES include_directories)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/flow)

install(TARGETS ${libraries} EXPORT flow-targets)
foreach(directory IN LISTS include_directories)
  install(DIRECTORY ${directory}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} OPTIONAL)
endforeach()
install(EXPORT flow-targets NAMESPACE flow:: DESTINATION ${package_directory})
write_basic_package_version_file(flow-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/flow-config.cmake ${PROJECT_SOURCE_DIR}/cmake/FindCAF.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/flow-config-version.cmake DESTINATION ${package_directory})
