# The real daemon, driven from outside.

if(TARGET sluiced)
  add_test(NAME proxy/driven
           COMMAND ${SLUICE_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/proxy/driven.py $<TARGET_FILE:sluiced>)
  set_tests_properties(proxy/driven PROPERTIES LABELS proxy TIMEOUT 300)
endif()
