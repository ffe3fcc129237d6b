# Hours of attacks on whole processes: `tests/run --soak`. Each case leaves its figures, the last test shows those of all.
set(soak_test ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/soak_test.py)
set(figures ${CMAKE_CURRENT_BINARY_DIR}/soak_figures)
file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.py)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${scripts})
execute_process(COMMAND ${CMAKE_COMMAND} -E env PYTHONDONTWRITEBYTECODE=1 ${soak_test} --list
                OUTPUT_VARIABLE cases OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" cases "${cases}")

foreach(case IN LISTS cases)
  add_test(NAME soak.${case} COMMAND ${soak_test} --orders $<TARGET_FILE:process_orders> --snapshot-tool $<TARGET_FILE:flow-snapshot>
                                     --figures ${figures} ${case})
  set_tests_properties(soak.${case} PROPERTIES LABELS soak TIMEOUT 1800 SKIP_RETURN_CODE 77 FIXTURES_REQUIRED soak_figures
                                               ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;PYTHONUNBUFFERED=1")
endforeach()

add_test(NAME process.soak_can_fail COMMAND ${soak_test} --self-test)
set_tests_properties(process.soak_can_fail PROPERTIES LABELS process TIMEOUT 60 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
add_test(NAME soak.forget_figures COMMAND ${CMAKE_COMMAND} -E rm -rf ${figures})
add_test(NAME soak.figures COMMAND ${soak_test} --figures ${figures} --table)
set_tests_properties(soak.forget_figures PROPERTIES LABELS soak FIXTURES_SETUP soak_figures)
set_tests_properties(soak.figures PROPERTIES LABELS soak FIXTURES_CLEANUP soak_figures ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
