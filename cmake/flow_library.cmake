# flow_sources(<variable> <folder>): all .cpp files below a folder of the current directory.
function(flow_sources variable folder)
  file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  set(${variable} ${found} PARENT_SCOPE)
endfunction()

# flow_library(<name> [SOURCES file...] [PUBLIC target...] [PRIVATE target...])
#
# The library flow_<name>, alias flow::<name>, with the public headers in include/ and the private ones in src/ of the
# current directory. Without sources it is a header-only library; its private dependencies are then nobody's.
function(flow_library name)
  cmake_parse_arguments(PARSE_ARGV 1 library "" "" "SOURCES;PUBLIC;PRIVATE")
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
                                                $<INSTALL_INTERFACE:include>)
  set_property(GLOBAL APPEND PROPERTY FLOW_LIBRARIES ${target})
  set_property(GLOBAL APPEND PROPERTY FLOW_INCLUDE_DIRECTORIES ${CMAKE_CURRENT_SOURCE_DIR}/include)
endfunction()
