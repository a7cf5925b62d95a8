# The test install_and_find_package: installs the libraries from a build tree into an empty prefix, builds the projects
# in tests/house/consumer and examples/print_capture against it, and runs them.
#
#   cmake -D BUILD=<build tree> -D SOURCE=<source tree> -D COMPILER=... -D FLAGS=... -P consumer.cmake

foreach(name BUILD SOURCE COMPILER)
  if(NOT ${name})
    message(FATAL_ERROR "${name} is not set")
  endif()
endforeach()

set(work ${BUILD}/consumer)
file(REMOVE_RECURSE ${work})

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\nended with ${status}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --component dev --prefix ${work}/prefix)

function(build_project name folder)
  run(${CMAKE_COMMAND} -G Ninja -S ${folder} -B ${work}/${name} -D CMAKE_BUILD_TYPE=Debug
      -D CMAKE_CXX_COMPILER=${COMPILER} "-D CMAKE_CXX_FLAGS=${FLAGS}" -D CMAKE_PREFIX_PATH=${work}/prefix)
  run(${CMAKE_COMMAND} --build ${work}/${name})
endfunction()

build_project(consumer ${SOURCE}/tests/house/consumer)
run(${work}/consumer/consumer)
if(NOT output MATCHES "OFPT_BARRIER_REQUEST \\(OF1\\.3\\) \\(xid=0x7\\)")
  message(FATAL_ERROR "The consumer printed: ${output}")
endif()
message("${output}")

build_project(print_capture ${SOURCE}/examples/print_capture)
run(${work}/print_capture/print_capture ${SOURCE}/tests/fuzz/corpus/capture/dialogue.pcap)
if(NOT output MATCHES "OFPT_HELLO")
  message(FATAL_ERROR "print_capture printed: ${output}")
endif()
message("${output}")
