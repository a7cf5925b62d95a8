# The rules of the house, as tests.

add_test(NAME layering
         COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/house/layering.py ${PROJECT_SOURCE_DIR})
add_test(NAME layering_selftest COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/house/layering.py --selftest)

# Every header compiles alone. One job, because other tests run beside it.
add_test(NAME headers_stand_alone
         COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --parallel 1 --target all_verify_interface_header_sets)

# An installed Sluice can be used by another project. Sanitizers and coverage must be the same on both sides.
set(consumer_flags "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_DEBUG}")
if(sluice_sanitizers)
  string(APPEND consumer_flags " -fsanitize=${sluice_sanitizers}")
endif()
add_test(NAME install_and_find_package
         COMMAND ${CMAKE_COMMAND} -D BUILD=${PROJECT_BINARY_DIR} -D SOURCE=${PROJECT_SOURCE_DIR}
                 -D COMPILER=${CMAKE_CXX_COMPILER} -D FLAGS=${consumer_flags}
                 -P ${CMAKE_CURRENT_SOURCE_DIR}/house/consumer.cmake)

set_tests_properties(layering layering_selftest PROPERTIES LABELS house TIMEOUT 60)
# COST: what takes longest starts first.
set_tests_properties(headers_stand_alone install_and_find_package PROPERTIES LABELS house TIMEOUT 900 COST 100)

# What the pages show is what the programs do.
if(TARGET sluicectl AND TARGET sluiced)
  add_test(NAME doc_examples
           COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/house/doc_examples.py ${PROJECT_SOURCE_DIR}
                   $<TARGET_FILE:sluicectl> $<TARGET_FILE:sluiced>)
  set_tests_properties(doc_examples PROPERTIES LABELS house TIMEOUT 300)
endif()
