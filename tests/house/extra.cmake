# The rules of the house, as tests.

add_test(NAME layering
         COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/house/layering.py ${PROJECT_SOURCE_DIR})
add_test(NAME layering_selftest COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/house/layering.py --selftest)
add_test(NAME headers_stand_alone
         COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target all_verify_interface_header_sets)
set_tests_properties(layering layering_selftest headers_stand_alone PROPERTIES LABELS house)
