# What is installed and packaged, used by an outside project. Each case of install_test.py is a test of its own.
set(install_test ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/install_test.py)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/install_test.py)
execute_process(COMMAND ${CMAKE_COMMAND} -E env PYTHONDONTWRITEBYTECODE=1 ${install_test} --list
                OUTPUT_VARIABLE cases OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" cases "${cases}")
foreach(case IN LISTS cases)
  add_test(NAME install.${case} COMMAND ${install_test} --build ${PROJECT_BINARY_DIR} --cmake ${CMAKE_COMMAND} ${case})
  # `cpack` brings the build up to date first: not while another test builds.
  set_tests_properties(install.${case} PROPERTIES LABELS install TIMEOUT 300 SKIP_RETURN_CODE 77 RESOURCE_LOCK build
                       ENVIRONMENT "CXX=${CMAKE_CXX_COMPILER};PYTHONDONTWRITEBYTECODE=1")
endforeach()
