# A run of train_text that is stopped, or killed, and goes on has the very same losses as one that is
# not; damaged checkpoints and those of another run are refused, and left as they are.
# cmake -D PROGRAM=<train_text> -D TEXT=<a text> -D FOLDER=<to work in> -P train_text_resume.cmake
cmake_minimum_required(VERSION 3.21)

file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}")
set(run "${PROGRAM}" --text "${TEXT}" --context 48 --batch 2 --layers 2 --width 16 --heads 2 --steps 20
        --evaluate-every 7 --held-out 2 --generate 0 --checkpoint-every 4)

# train(<name> <argument>...): a run with a checkpoint and a log of this name, that must succeed.
function(train name)
  execute_process(COMMAND ${run} --checkpoint "${FOLDER}/${name}.checkpoint" --log
                          "${FOLDER}/${name}.csv" ${ARGN} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# compare(<name>): step, loss and held-out bits of its log are those of the run in one go.
function(compare name)
  foreach(log IN ITEMS whole "${name}")
    file(READ "${FOLDER}/${log}.csv" text)
    # The two columns of times differ.
    string(REGEX REPLACE ",[^,\n]*,[^,\n]*\n" "\n" "figures_of_${log}" "${text}")
  endforeach()
  if(NOT "${figures_of_whole}" STREQUAL "${figures_of_${name}}")
    message(FATAL_ERROR "not the run in one go:\n${figures_of_whole}\nbut:\n${figures_of_${name}}")
  endif()
endfunction()

# refuse(<name> <what the message must say> <argument>...): a run that must not start.
function(refuse name expected)
  set(checkpoint "${FOLDER}/${name}.checkpoint")
  file(SHA256 "${checkpoint}" before)
  execute_process(COMMAND ${run} --checkpoint "${checkpoint}" ${ARGN} RESULT_VARIABLE status
                  OUTPUT_QUIET ERROR_VARIABLE errors)
  file(SHA256 "${checkpoint}" after)
  if(NOT status EQUAL 2 OR NOT errors MATCHES "^train_text: [^\n]*${expected}[^\n]*\n$")
    message(FATAL_ERROR "${name}: expected status 2 and '${expected}', got ${status}: ${errors}")
  endif()
  if(NOT before STREQUAL after)
    message(FATAL_ERROR "${name}: the checkpoint that was refused has changed")
  endif()
endfunction()

train(whole)
file(STRINGS "${FOLDER}/whole.csv" lines)
list(LENGTH lines count)
if(NOT count EQUAL 21)
  message(FATAL_ERROR "expected a head and 20 steps, got ${count} lines")
endif()

# Stopped after step 10, two steps after the last checkpoint; on another number of threads after.
train(stopped --stop-at 10)
train(stopped --threads 2)
compare(stopped)

# Killed, wherever it is by then.
execute_process(
  COMMAND sh -c "\"$@\" >/dev/null & program=$!
    while kill -0 $program 2>/dev/null && [ ! -e \"$0\" ]; do :; done
    kill -KILL $program 2>/dev/null; wait $program; true"
          "${FOLDER}/killed.checkpoint" ${run} --checkpoint "${FOLDER}/killed.checkpoint" --log
          "${FOLDER}/killed.csv" ERROR_QUIET)
file(STRINGS "${FOLDER}/killed.csv" lines)
list(LENGTH lines count)
message(STATUS "killed with ${count} lines in its log")
train(killed)
compare(killed)

# A finished run has nothing left to do.
train(whole)
compare(whole)

refuse(whole "'seed 1' there, 'seed 2' here" --seed 2)
execute_process(COMMAND head -c 5000 "${FOLDER}/whole.checkpoint"
                OUTPUT_FILE "${FOLDER}/short.checkpoint" COMMAND_ERROR_IS_FATAL ANY)
refuse(short "truncated")
file(WRITE "${FOLDER}/foreign.checkpoint" "${run}")
refuse(foreign "is no checkpoint")
