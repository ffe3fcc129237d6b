# Whole processes: exit status, signals, what is left on disk. Each case of process_test.py is a test of its own.
add_executable(process_job ${CMAKE_CURRENT_LIST_DIR}/job.cpp)
target_link_libraries(process_job PRIVATE flow::actors flow::file flow::memory)
add_executable(process_orders ${CMAKE_CURRENT_LIST_DIR}/orders.cpp)
target_link_libraries(process_orders PRIVATE flow::actors flow::file flow::memory)
add_executable(process_snapshots ${CMAKE_CURRENT_LIST_DIR}/snapshots.cpp)
target_link_libraries(process_snapshots PRIVATE flow::flow)
target_include_directories(process_snapshots PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})

file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.py)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${scripts})
set(process_test ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/process_test.py)
execute_process(COMMAND ${CMAKE_COMMAND} -E env PYTHONDONTWRITEBYTECODE=1 ${process_test} --list
                OUTPUT_VARIABLE cases OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" cases "${cases}")

foreach(case IN LISTS cases ITEMS can_fail)
  if(case STREQUAL "can_fail")
    add_test(NAME process.can_fail COMMAND ${process_test} --self-test)
  else()
    add_test(NAME process.${case} COMMAND ${process_test} --job $<TARGET_FILE:process_job> --orders $<TARGET_FILE:process_orders>
                                            --snapshot-tool $<TARGET_FILE:flow-snapshot>
                                            --snapshots $<TARGET_FILE:process_snapshots> ${case})
  endif()
  # Alone, since they measure how long a process takes to end.
  set_tests_properties(process.${case} PROPERTIES LABELS process TIMEOUT 60 SKIP_RETURN_CODE 77 RUN_SERIAL ON
                                                  ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()
