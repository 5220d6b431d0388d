# Fails unless the first C++ block below README.md's heading "First program" is
# examples/quickstart.cpp, letter for letter, and has under 15 lines.
# cmake -D SOURCE=<the repository> -P readme_quickstart.cmake
cmake_minimum_required(VERSION 3.21)

file(READ "${SOURCE}/README.md" readme)
file(READ "${SOURCE}/examples/quickstart.cpp" program)

string(REGEX MATCH "\n#+ First program[^\n]*\n" heading "${readme}")
if(heading STREQUAL "")
  message(FATAL_ERROR "README.md has no heading 'First program'")
endif()
string(FIND "${readme}" "${heading}" at)
string(SUBSTRING "${readme}" ${at} -1 section)
string(FIND "${section}" "```cpp\n" begin)
if(begin EQUAL -1)
  message(FATAL_ERROR "README.md has no ```cpp block below 'First program'")
endif()
math(EXPR begin "${begin} + 7")
string(SUBSTRING "${section}" ${begin} -1 section)
string(FIND "${section}" "```" end)
string(SUBSTRING "${section}" 0 ${end} block)

if(NOT block STREQUAL program)
  message(FATAL_ERROR "README.md shows:\n${block}\nexamples/quickstart.cpp is:\n${program}")
endif()
string(REGEX MATCHALL "\n" lines "${program}")
list(LENGTH lines count)
if(count GREATER_EQUAL 15)
  message(FATAL_ERROR "examples/quickstart.cpp has ${count} lines; it must have under 15")
endif()
message(STATUS "README.md's first program is examples/quickstart.cpp: ${count} lines")
