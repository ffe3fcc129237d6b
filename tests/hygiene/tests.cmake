# Each script is two tests: what it finds in this tree, and that it finds what is wrong in a tree made to be wrong.
function(hygiene_test name)
  set(script ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/${name}.py)
  add_test(NAME hygiene.${name} COMMAND ${script} ${PROJECT_SOURCE_DIR} ${ARGN})
  add_test(NAME hygiene.${name}.can_fail COMMAND ${script} --self-test)
  set_tests_properties(hygiene.${name} hygiene.${name}.can_fail PROPERTIES LABELS hygiene TIMEOUT 120
                       ENVIRONMENT "CXX=${CMAKE_CXX_COMPILER};PYTHONDONTWRITEBYTECODE=1")
endfunction()

hygiene_test(files)
hygiene_test(layers)
hygiene_test(readme)
hygiene_test(registered ${PROJECT_BINARY_DIR}/compile_commands.json)

# Every public header compiles alone, and twice: an object file per header, so that only what changed is compiled again.
get_property(include_directories GLOBAL PROPERTY FLOW_INCLUDE_DIRECTORIES)
list(REMOVE_DUPLICATES include_directories)
function(header_check target)
  set(sources)
  foreach(directory IN LISTS ARGN)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${directory} ${directory}/*.hpp)
    foreach(header IN LISTS headers)
      set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}/${header}.cpp)
      file(CONFIGURE OUTPUT ${source} CONTENT "#include <${header}>\n#include <${header}>\n")
      list(APPEND sources ${source})
    endforeach()
  endforeach()
  if(sources)
    add_library(${target} OBJECT EXCLUDE_FROM_ALL ${sources})
    target_include_directories(${target} PRIVATE ${ARGN})
    target_link_libraries(${target} PRIVATE flow::testing flow::file flow::memory)
    target_compile_options(${target} PRIVATE -O0)
    add_test(NAME hygiene.${target}
             COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target ${target} --parallel 2)
    set_tests_properties(hygiene.${target} PROPERTIES LABELS hygiene TIMEOUT 600 RESOURCE_LOCK build)
  endif()
endfunction()

header_check(headers ${include_directories})
header_check(headers.can_fail ${CMAKE_CURRENT_LIST_DIR}/broken_headers)
set_tests_properties(hygiene.headers.can_fail PROPERTIES
                     PASS_REGULAR_EXPRESSION "needs_another_header.hpp:[0-9]+:[0-9]+: error")
