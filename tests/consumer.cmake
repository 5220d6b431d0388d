# Builds and runs tests/consumer, a project of its own that uses tartan: WAY is "installed"
# (find_package from a fresh install tree) or "subdirectory" (add_subdirectory).
# cmake -D WAY=... -D SOURCE=... -D BUILD=... -D GENERATOR=... -D COMPILER=... -D CONFIG=...
#       [-D EIGEN_DIR=...] -P consumer.cmake
cmake_minimum_required(VERSION 3.21)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "failed: ${command}")
  endif()
endfunction()

set(work "${BUILD}/consumer_${WAY}")
file(REMOVE_RECURSE "${work}")
if(WAY STREQUAL "installed")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --config "${CONFIG}" --prefix "${work}/prefix")
  set(where "-DCMAKE_PREFIX_PATH=${work}/prefix")
else()
  set(where "-DTARTAN_SUBDIRECTORY=${SOURCE}")
endif()
if(EIGEN_DIR)
  list(APPEND where "-DEigen3_DIR=${EIGEN_DIR}")
endif()
run("${CMAKE_COMMAND}" -S "${SOURCE}/tests/consumer" -B "${work}/build" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_BUILD_TYPE=${CONFIG}" ${where})
run("${CMAKE_COMMAND}" --build "${work}/build" --config "${CONFIG}")
run("${CMAKE_CTEST_COMMAND}" --test-dir "${work}/build" -C "${CONFIG}" --output-on-failure)
