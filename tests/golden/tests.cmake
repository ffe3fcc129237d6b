# The main sample, at several parallelisms and batch sizes, gives row for row what an independent program computes.
set(folder ${CMAKE_CURRENT_LIST_DIR})
set(expected ${CMAKE_CURRENT_BINARY_DIR}/flight_delays_expected.csv)

add_test(NAME golden.flight_delays.expected
         COMMAND ${Python3_EXECUTABLE} ${folder}/flight_delays_expected.py --out ${expected})
set_tests_properties(golden.flight_delays.expected PROPERTIES LABELS golden TIMEOUT 120
                     FIXTURES_SETUP flight_delays_expected)

add_test(NAME golden.compare_csv.can_fail COMMAND ${Python3_EXECUTABLE} ${folder}/compare_csv.py --self-test)
set_tests_properties(golden.compare_csv.can_fail PROPERTIES LABELS golden ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)

foreach(parallelism IN ITEMS 1 2 4)
  foreach(batch_size IN ITEMS 1 7 1024)
    set(test golden.flight_delays.p${parallelism}.b${batch_size})
    add_test(NAME ${test}
             COMMAND ${Python3_EXECUTABLE} ${folder}/flight_delays.py $<TARGET_FILE:flight_delays> ${expected}
                     --parallelism ${parallelism} --batch-size ${batch_size})
    set_tests_properties(${test} PROPERTIES LABELS golden FIXTURES_REQUIRED flight_delays_expected TIMEOUT 120
                                            ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
  endforeach()
endforeach()

# The same flights in other files.
foreach(form IN ITEMS lines gzip divided folder)
  foreach(parallelism IN ITEMS 1 2 4)
    set(test golden.flight_delays.${form}.p${parallelism})
    add_test(NAME ${test}
             COMMAND ${Python3_EXECUTABLE} ${folder}/flight_delays.py $<TARGET_FILE:flight_delays> ${expected}
                     --parallelism ${parallelism} --form ${form})
    set_tests_properties(${test} PROPERTIES LABELS golden FIXTURES_REQUIRED flight_delays_expected TIMEOUT 120
                                            ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
  endforeach()
endforeach()
