# The case sets, run as users run theirs: what Sluice does, example by example. No change of a slice file goes unnoticed.
if(TARGET sluicectl)
  add_test(NAME golden/cases
           COMMAND sluicectl test ${CMAKE_CURRENT_LIST_DIR} ${PROJECT_SOURCE_DIR}/examples)
  add_test(NAME golden/mutations
           COMMAND sluicectl test --mutate --seed 2 ${CMAKE_CURRENT_LIST_DIR} ${PROJECT_SOURCE_DIR}/examples)
  set_tests_properties(golden/cases golden/mutations PROPERTIES LABELS golden TIMEOUT 120)
endif()
