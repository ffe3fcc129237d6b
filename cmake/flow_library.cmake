include(GNUInstallDirs)

# flow_sources(<variable> <folder>): all .cpp files below a folder of the current directory.
function(flow_sources variable folder)
  file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  set(${variable} ${found} PARENT_SCOPE)
endfunction()

# flow_library(<name> [SOURCES file...] [PUBLIC target...] [PRIVATE target...] [FINDS "package argument..."...] [DEBIAN package...])
#
# The library flow_<name>, alias flow::<name>, with the public headers in include/ and the private ones in src/ of the
# current directory. Without sources it is a header-only library; its private dependencies are then nobody's.
#
# Installed it is the component <name> of the package flow. To compile and link with it its users need other components, those among
# the PUBLIC targets, and packages: FINDS says how find_package finds each, DEBIAN which Debian packages hold them. What
# only our own sources include is no concern of theirs: $<BUILD_INTERFACE:target> keeps it from them.
function(flow_library name)
  cmake_parse_arguments(PARSE_ARGV 1 library "" "" "SOURCES;PUBLIC;PRIVATE;FINDS;DEBIAN")
  set(target flow_${name})
  if(library_SOURCES)
    add_library(${target} STATIC ${library_SOURCES})
    set(scope PUBLIC)
    target_include_directories(${target} PRIVATE src)
    target_link_libraries(${target} PRIVATE ${library_PRIVATE})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(flow::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} ${scope} cxx_std_20)
  target_link_libraries(${target} ${scope} ${library_PUBLIC})
  target_include_directories(${target} ${scope} $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
                                                $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  set_property(GLOBAL APPEND PROPERTY FLOW_LIBRARIES ${target})
  set_property(GLOBAL APPEND PROPERTY FLOW_COMPONENTS ${name})
  set(components ${library_PUBLIC})
  list(FILTER components INCLUDE REGEX "^flow::")
  list(TRANSFORM components REPLACE "^flow::" "")
  set_property(GLOBAL PROPERTY FLOW_${name}_NEEDS ${components})
  set_property(GLOBAL PROPERTY FLOW_${name}_FINDS ${library_FINDS})
  set_property(GLOBAL APPEND PROPERTY FLOW_DEBIAN ${library_DEBIAN})
  set_property(GLOBAL APPEND PROPERTY FLOW_INCLUDE_DIRECTORIES ${CMAKE_CURRENT_SOURCE_DIR}/include)
endfunction()
