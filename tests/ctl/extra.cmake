# The program itself against daemons that answer, refuse, stay silent or are not there.
if(TARGET sluicectl)
  add_test(NAME ctl/exit_codes
           COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/exit_codes.py $<TARGET_FILE:sluicectl>)
  set_tests_properties(ctl/exit_codes PROPERTIES LABELS ctl TIMEOUT 120)
endif()
