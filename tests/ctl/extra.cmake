# The program itself against daemons that answer, refuse, stay silent or are not there, with captures that others wrote,
# the schemas that it prints, read by a validator, and the grammar of its case files, read from the documentation.
if(TARGET sluicectl)
  add_test(NAME ctl/exit_codes
           COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/exit_codes.py $<TARGET_FILE:sluicectl>)
  set_tests_properties(ctl/exit_codes PROPERTIES LABELS ctl TIMEOUT 120)
  add_test(NAME ctl/captures COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/captures.py $<TARGET_FILE:sluicectl>)
  set_tests_properties(ctl/captures PROPERTIES LABELS ctl TIMEOUT 120 SKIP_RETURN_CODE 77)
  add_test(NAME ctl/schema COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/schema.py $<TARGET_FILE:sluicectl>)
  set_tests_properties(ctl/schema PROPERTIES LABELS ctl TIMEOUT 120 SKIP_RETURN_CODE 77)
  add_test(NAME ctl/case_schema
           COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/case_schema.py $<TARGET_FILE:sluicectl>)
  set_tests_properties(ctl/case_schema PROPERTIES LABELS ctl TIMEOUT 120 SKIP_RETURN_CODE 77)
  add_test(NAME ctl/grammar COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/grammar.py $<TARGET_FILE:sluicectl>)
  set_tests_properties(ctl/grammar PROPERTIES LABELS ctl TIMEOUT 120)
endif()

# The editors' grammars say of the case files what the program reads in them.
add_test(NAME ctl/editor_grammar COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/editor_grammar.py ${PROJECT_SOURCE_DIR})
set_tests_properties(ctl/editor_grammar PROPERTIES LABELS ctl TIMEOUT 120)
