# The case sets, run as users run theirs: what Sluice does, example by example.
if(TARGET sluicectl)
  add_test(NAME golden/cases
           COMMAND sluicectl test ${CMAKE_CURRENT_LIST_DIR} ${PROJECT_SOURCE_DIR}/examples)
  set_tests_properties(golden/cases PROPERTIES LABELS golden TIMEOUT 120)
endif()
