#!/usr/bin/env bash
# The whole test suite, from nothing: installs what is missing (Debian, Ubuntu), builds in
# build/<preset> and runs every test and example.
#
#   tools/test.sh                               all of it: the preset release
#   tools/test.sh --preset asan --preset tsan   other presets, one after the other; see
#                                               `cmake --list-presets`
#   tools/test.sh --only attention              one folder of tests/, or examples, or one test
#                                               (attention/exact); may be repeated
#   tools/test.sh -- -DTARTAN_WERROR=ON         what follows -- goes to CMake
#   --jobs N                                    so many at once (all cores)
# CXX chooses the compiler, as with CMake. Exit status: 0 all passed, 1 a failure, 2 cannot be run.
set -euo pipefail
cd "$(dirname "$0")/.."

presets=() only=() jobs=
while (($#)); do
  case $1 in
    --preset) presets+=("${2:?"--preset needs a name"}") && shift ;;
    --only) only+=("${2:?"--only needs a folder of tests/"}") && shift ;;
    --jobs) jobs=${2:?"--jobs needs a number"} && shift ;;
    -h | --help) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0" && exit ;;
    --) shift && break ;;
    *) echo "test.sh: unknown argument '$1' (see --help)" >&2 && exit 2 ;;
  esac
  shift
done
((${#presets[@]})) || presets=(release)

# ---- what is needed ----
source tools/install.sh
packages=(g++ cmake make libeigen3-dev catch2 libpng-dev libstb-dev)
[[ "${CXX:-} ${presets[*]}" != *clang* ]] || packages+=(clang libomp-dev)
[[ "${presets[*]}" != *clang-asan* ]] || packages+=(libclang-rt-dev)
tartan_need "${packages[@]}" || exit 2
: "${jobs:=$(nproc)}"

# ---- build and test ----
targets=() filter=()
if ((${#only[@]})); then
  folders=("${only[@]%%/*}")
  targets=(--target "${folders[@]/#/test_}")
  filter=(--tests-regex "^($(IFS='|' && echo "${only[*]}"))(/|\$)")
fi

# run_preset NAME [CMAKE ARGUMENT]...: 0 where all tests passed.
run_preset() {
  local preset=$1 build="build/$1"
  echo "==== $preset: configure ===="
  cmake --preset "$preset" "${@:2}" || return 1
  echo "==== $preset: build ===="
  cmake --build "$build" --parallel "$jobs" "${targets[@]}" || return 1
  echo "==== $preset: test ===="
  ctest --test-dir "$build" --parallel "$jobs" --output-on-failure --no-tests=error "${filter[@]}"
}

failed=()
for preset in "${presets[@]}"; do
  start=$SECONDS
  run_preset "$preset" "$@" || failed+=("$preset")
  echo "==== $preset: $((SECONDS - start)) s ===="
done

if ((${#failed[@]})); then
  echo "test.sh: FAILED: ${failed[*]}"
  exit 1
fi
echo "test.sh: all tests passed: ${presets[*]}${only:+ (only ${only[*]})}"
