# Conformance to the OpenFlow specifications, judged through the shipped program. Without the corpus, or without the
# judge that a part needs, that part is skipped.
if(TARGET sluicectl)
  foreach(part valid broken negative review vectors ovs tshark osken)
    add_test(NAME conformance/${part}
             COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/run.py ${part} --sluicectl $<TARGET_FILE:sluicectl>
             WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(conformance/${part} PROPERTIES LABELS conformance SKIP_RETURN_CODE 77 TIMEOUT 300)
  endforeach()
endif()
