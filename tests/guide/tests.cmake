# The programs of the guide, out of its chapters: built by one test, and each run by one of its own.
set(guide_script ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/hygiene/guide.py)
set(guide_folder ${CMAKE_CURRENT_BINARY_DIR}/guide)
file(GLOB guide_chapters CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/libflow/doc/guide/*.md)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${guide_chapters} ${PROJECT_SOURCE_DIR}/tests/hygiene/guide.py)
execute_process(COMMAND ${CMAKE_COMMAND} -E env PYTHONDONTWRITEBYTECODE=1 ${guide_script} --extract ${PROJECT_SOURCE_DIR} ${guide_folder}
                OUTPUT_VARIABLE guide_programs OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" guide_programs "${guide_programs}")

add_custom_target(guide)
foreach(program IN LISTS guide_programs)
  add_executable(guide_${program} EXCLUDE_FROM_ALL ${guide_folder}/${program}.cpp)
  target_include_directories(guide_${program} PRIVATE ${PROJECT_SOURCE_DIR}/tests) # the contract suites
  target_link_libraries(guide_${program} PRIVATE Catch2::Catch2 flow::testing flow::file flow::memory)
  target_compile_options(guide_${program} PRIVATE -O0)
  add_dependencies(guide guide_${program})
  add_test(NAME guide.${program} COMMAND ${guide_script} ${PROJECT_SOURCE_DIR} ${program} $<TARGET_FILE:guide_${program}>)
  set_tests_properties(guide.${program} PROPERTIES LABELS guide TIMEOUT 90 FIXTURES_REQUIRED guide ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()
add_test(NAME guide.build COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target guide --parallel 2)
set_tests_properties(guide.build PROPERTIES LABELS guide TIMEOUT 600 RESOURCE_LOCK build FIXTURES_SETUP guide)
# A program that prints something else than the guide shows.
add_test(NAME guide.can_fail COMMAND ${guide_script} ${PROJECT_SOURCE_DIR} first_job true)
set_tests_properties(guide.can_fail PROPERTIES LABELS guide WILL_FAIL ON ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
