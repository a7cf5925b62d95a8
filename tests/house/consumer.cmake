# The test install_and_find_package: installs the libraries from a build tree into an empty prefix, builds the project in
# tests/house/consumer against it, and runs the result.
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
run(${CMAKE_COMMAND} -G Ninja -S ${SOURCE}/tests/house/consumer -B ${work}/build -D CMAKE_BUILD_TYPE=Debug
    -D CMAKE_CXX_COMPILER=${COMPILER} "-D CMAKE_CXX_FLAGS=${FLAGS}" -D CMAKE_PREFIX_PATH=${work}/prefix)
run(${CMAKE_COMMAND} --build ${work}/build)
run(${work}/build/consumer)
if(NOT output MATCHES "OFPT_BARRIER_REQUEST \\(OF1\\.3\\) \\(xid=0x7\\)")
  message(FATAL_ERROR "The consumer printed: ${output}")
endif()
message("${output}")
