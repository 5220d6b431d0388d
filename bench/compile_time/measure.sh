#!/usr/bin/env bash
# Prints, as JSON, the median seconds that each program beside this script takes to compile.
# Usage: measure.sh ROUNDS COMPILER FLAGS...
set -euo pipefail
cd "$(dirname "$0")"
rounds=$1
shift

object=$(mktemp --suffix=.o)
seconds=$(mktemp -d)
trap 'rm -rf "$object" "$seconds"' EXIT
programs=(eigen_core tartan_header three_patterns)
for ((round = 0; round < rounds; ++round)); do # in turn, so that a slow minute hits all of them
  for program in "${programs[@]}"; do
    start=$(date +%s%N)
    "$@" -c "$program.cpp" -o "$object"
    echo $(($(date +%s%N) - start)) >>"$seconds/$program"
  done
done

separator="{"
for program in "${programs[@]}"; do
  median=$(sort -n "$seconds/$program" | sed -n "$(((rounds + 1) / 2))p")
  printf '%s"%s": %d.%09d' "$separator" "$program" $((median / 1000000000)) $((median % 1000000000))
  separator=", "
done
echo "}"
