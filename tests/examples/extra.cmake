# The demo checks all that it shows, so it is a test as it stands: the whole product with the built-in switch.
add_test(NAME examples/demo
         COMMAND ${SLUICE_PYTHON} ${PROJECT_SOURCE_DIR}/examples/demo/demo.py --bin ${PROJECT_BINARY_DIR}
         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(examples/demo PROPERTIES LABELS examples TIMEOUT 120)
