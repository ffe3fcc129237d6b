# cpack -G DEB: one package, libflow-dev, of everything that is installed. It depends on what users of the libraries need to
# compile and to link, as flow_library says it, in the versions that this build was made with.
find_program(DPKG_QUERY dpkg-query)
find_program(GZIP gzip)
mark_as_advanced(DPKG_QUERY GZIP)
if(NOT DPKG_QUERY OR NOT GZIP)
  return()
endif()
set(FLOW_PACKAGE_CONTACT "libflow developers <libflow@noreply.invalid>" CACHE STRING "Maintainer of the Debian package")

# "libfmt-dev (>= 9.1), libfmt-dev (<< 10)": from the version that is here to the next one that may break what was compiled
# against it, which is the next minor version before 1.0.
function(flow_debian_dependency variable package)
  execute_process(COMMAND ${DPKG_QUERY} --show --showformat "\${Version}" ${package}
                  OUTPUT_VARIABLE installed RESULT_VARIABLE missing ERROR_QUIET)
  string(REGEX MATCH "^([0-9]+:)?([0-9]+)\\.([0-9]+)" found "${installed}")
  if(missing OR NOT found)
    set(${variable} ${package} PARENT_SCOPE) # it did not come from a package
    return()
  endif()
  math(EXPR next_major "${CMAKE_MATCH_2} + 1")
  math(EXPR next_minor "${CMAKE_MATCH_3} + 1")
  set(next ${CMAKE_MATCH_1}${next_major})
  if(CMAKE_MATCH_2 EQUAL 0)
    set(next ${CMAKE_MATCH_1}0.${next_minor})
  endif()
  set(${variable} "${package} (>= ${found}), ${package} (<< ${next}~)" PARENT_SCOPE)
endfunction()

get_property(packages GLOBAL PROPERTY FLOW_DEBIAN)
list(REMOVE_DUPLICATES packages)
list(SORT packages)
set(depends)
foreach(package IN LISTS packages)
  flow_debian_dependency(dependency ${package})
  list(APPEND depends "${dependency}")
endforeach()

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # honours SOURCE_DATE_EPOCH
configure_file(cmake/debian/changelog.in debian/changelog @ONLY)
foreach(file IN ITEMS ${PROJECT_BINARY_DIR}/debian/changelog ${PROJECT_SOURCE_DIR}/CHANGELOG.md)
  cmake_path(GET file FILENAME name)
  execute_process(COMMAND ${GZIP} --best --no-name --stdout ${file} OUTPUT_FILE ${PROJECT_BINARY_DIR}/debian/${name}.gz
                  COMMAND_ERROR_IS_FATAL ANY)
  install(FILES ${PROJECT_BINARY_DIR}/debian/${name}.gz DESTINATION share/doc/libflow-dev COMPONENT debian EXCLUDE_FROM_ALL)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/cmake/debian/copyright DESTINATION share/doc/libflow-dev COMPONENT debian EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME libflow-dev)
set(CPACK_PACKAGE_CONTACT ${FLOW_PACKAGE_CONTACT})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_CMAKE_PROJECTS ${PROJECT_BINARY_DIR} flow Unspecified / ${PROJECT_BINARY_DIR} flow debian /)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake")
list(JOIN depends ", " CPACK_DEBIAN_PACKAGE_DEPENDS)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "stream processing in C++: development files")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Headers, static libraries, CMake package and tools of libflow: jobs written in C++20\nover event time, windows and keyed state, run by the actors of CAF in the\nprogram's own process. Use it with find_package(flow CONFIG).")
include(CPack)
