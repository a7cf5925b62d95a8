# Turns SLUICE_SANITIZE into flags for the whole tree: one program must not mix instrumented and plain code of ours.
# A finding ends the program, so that no test can pass over it.

if(SLUICE_SANITIZE)
  string(REPLACE "," ";" sluice_sanitizers "${SLUICE_SANITIZE}")
  foreach(sanitizer IN LISTS sluice_sanitizers)
    if(NOT sanitizer MATCHES "^(address|undefined|leak|thread|fuzzer)$")
      message(FATAL_ERROR "SLUICE_SANITIZE: '${sanitizer}' is not one of address, undefined, leak, thread, fuzzer")
    endif()
  endforeach()
  if("thread" IN_LIST sluice_sanitizers AND "address" IN_LIST sluice_sanitizers)
    message(FATAL_ERROR "SLUICE_SANITIZE: address and thread exclude each other")
  endif()
  if("fuzzer" IN_LIST sluice_sanitizers AND NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "SLUICE_SANITIZE: fuzzer needs clang (preset fuzz); this is ${CMAKE_CXX_COMPILER_ID}")
  endif()

  # All files are instrumented for libFuzzer; only the fuzz targets link its main (tests/CMakeLists.txt).
  list(TRANSFORM sluice_sanitizers REPLACE "^fuzzer$" "fuzzer-no-link")
  list(JOIN sluice_sanitizers "," sluice_sanitizers)
  add_compile_options(-fsanitize=${sluice_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${sluice_sanitizers})
endif()
