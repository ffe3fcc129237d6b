# The main sample, at several parallelisms and batch sizes, gives row for row what an independent program computes.
set(folder ${CMAKE_CURRENT_LIST_DIR})
set(expected ${CMAKE_CURRENT_BINARY_DIR}/flight_delays_expected.csv)

add_test(NAME golden.flight_delays.expected
         COMMAND ${Python3_EXECUTABLE} ${folder}/flight_delays_expected.py --out ${expected})
set_tests_properties(golden.flight_delays.expected PROPERTIES LABELS golden TIMEOUT 120
                     FIXTURES_SETUP flight_delays_expected)

add_test(NAME golden.compare_csv.can_fail COMMAND ${Python3_EXECUTABLE} ${folder}/compare_csv.py --self-test)
set_tests_properties(golden.compare_csv.can_fail PROPERTIES LABELS golden ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)

# Describing the job needs no file.
foreach(option IN ITEMS --help --explain)
  add_test(NAME golden.flight_delays${option} COMMAND flight_delays ${option} --input /nonexistent --airports /nonexistent)
  set_tests_properties(golden.flight_delays${option} PROPERTIES LABELS golden TIMEOUT 20)
endforeach()

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

# The same with state that is not in memory, undisturbed and killed.
foreach(way IN ITEMS in_peace killed)
  set(test golden.flight_delays.rocksdb.${way})
  set(killed)
  if(way STREQUAL "killed")
    set(killed --killed)
  endif()
  add_test(NAME ${test}
           COMMAND ${Python3_EXECUTABLE} ${folder}/flight_delays.py $<TARGET_FILE:flight_delays> ${expected}
                   --batch-size 7 --state-backend rocksdb ${killed})
  set_tests_properties(${test} PROPERTIES LABELS golden FIXTURES_REQUIRED flight_delays_expected TIMEOUT 120
                                          ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()

# The same while it is killed, and restored with another parallelism.
foreach(form IN ITEMS array gzip divided folder)
  add_test(NAME golden.flight_delays.killed.${form}
           COMMAND ${Python3_EXECUTABLE} ${folder}/flight_delays.py $<TARGET_FILE:flight_delays> ${expected}
                   --batch-size 1 --form ${form} --killed)
  set_tests_properties(golden.flight_delays.killed.${form} PROPERTIES LABELS golden FIXTURES_REQUIRED flight_delays_expected TIMEOUT 120
                                                                      ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()

# The sample of a CAF application prints what an independent program works out.
foreach(threads IN ITEMS 1 4)
  add_test(NAME golden.caf_application.t${threads}
           COMMAND ${Python3_EXECUTABLE} ${folder}/caf_application.py $<TARGET_FILE:caf_application>
                   --scheduler.max-threads=${threads})
  set_tests_properties(golden.caf_application.t${threads} PROPERTIES LABELS golden TIMEOUT 120 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()
add_test(NAME golden.caf_application.can_fail COMMAND ${Python3_EXECUTABLE} ${folder}/caf_application.py true)
set_tests_properties(golden.caf_application.can_fail PROPERTIES LABELS golden WILL_FAIL ON ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
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

# Samples whose results are a function of their input: NAME.py computes them in another way and compares. The other arguments
# name input that is not there: describing the job needs none.
function(golden_sample name)
  golden_sample_with("1;2;4" "1;7;1024" ${name} ${ARGN})
endfunction()
function(golden_sample_with parallelisms batch_sizes name)
  foreach(parallelism IN LISTS parallelisms)
    foreach(batch_size IN LISTS batch_sizes)
      set(test golden.${name}.p${parallelism}.b${batch_size})
      add_test(NAME ${test}
               COMMAND ${Python3_EXECUTABLE} ${folder}/${name}.py $<TARGET_FILE:${name}>
                       --parallelism ${parallelism} --batch-size ${batch_size})
      set_tests_properties(${test} PROPERTIES LABELS golden TIMEOUT 120 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
    endforeach()
  endforeach()
  if(NOT name STREQUAL "crash_and_recover") # does that by itself
    add_test(NAME golden.${name}.killed COMMAND ${Python3_EXECUTABLE} ${folder}/${name}.py $<TARGET_FILE:${name}> --batch-size 1 --killed)
    set_tests_properties(golden.${name}.killed PROPERTIES LABELS golden TIMEOUT 120 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
  endif()
  add_test(NAME golden.${name}.can_fail COMMAND ${Python3_EXECUTABLE} ${folder}/${name}.py --self-test)
  set_tests_properties(golden.${name}.can_fail PROPERTIES LABELS golden TIMEOUT 60 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
  foreach(option IN ITEMS --help --explain)
    add_test(NAME golden.${name}${option} COMMAND ${name} ${option} ${ARGN})
    set_tests_properties(golden.${name}${option} PROPERTIES LABELS golden TIMEOUT 20)
  endforeach()
endfunction()

golden_sample(fraud_detection --payments /nonexistent --rules /nonexistent)
golden_sample(clickstream --input /nonexistent)
golden_sample(live_dashboard_feed)
# Takes its time: it is killed in its middle several times.
golden_sample_with("1;3" "32" crash_and_recover --input /nonexistent)
