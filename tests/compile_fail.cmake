# One source, compiled both ways: as it is it must compile; with TARTAN_TEST_BAD it must not, and the
# first error must hold the text of the source's first line, "// must say: <text>".
# cmake -D COMPILER=... -D SOURCE=... -D INCLUDE=... -D EIGEN=... -P compile_fail.cmake
cmake_minimum_required(VERSION 3.21)

file(READ "${SOURCE}" text)
if(NOT text MATCHES "^// must say: ([^\n]+)\n")
  message(FATAL_ERROR "${SOURCE} does not begin with '// must say: <text>'")
endif()
set(expected "${CMAKE_MATCH_1}")

set(compile "${COMPILER}" -std=c++20 -fsyntax-only "-I${INCLUDE}")
foreach(folder IN LISTS EIGEN)
  list(APPEND compile -isystem "${folder}")
endforeach()

execute_process(COMMAND ${compile} "${SOURCE}" RESULT_VARIABLE status ERROR_VARIABLE said)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "the good form must compile, and does not:\n${said}")
endif()

execute_process(COMMAND ${compile} -DTARTAN_TEST_BAD "${SOURCE}" RESULT_VARIABLE status
                ERROR_VARIABLE said)
if(status EQUAL 0)
  message(FATAL_ERROR "the bad form must not compile, and does")
endif()
if(NOT said MATCHES "error: ([^\n]*)")
  message(FATAL_ERROR "the compiler failed without an error:\n${said}")
endif()
set(first_error "${CMAKE_MATCH_1}")
string(FIND "${first_error}" "${expected}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "first error: ${first_error}\nit must say: ${expected}\nall of it:\n${said}")
endif()
message(STATUS "the first error says: ${expected}")
