#!/usr/bin/env bash
# The training experiment, from nothing to docs/training/results.md: installs what is missing
# (Debian), builds examples/train_text for this processor in build/train, trains the same decoder
# with each mask and several seeds, and writes the table and its plots. About an hour of one core; stop
# it whenever you like, and start it again: it goes on where it was.
#
#   tools/train.sh                    everything
#   tools/train.sh --smoke            tiny sizes: shows that everything runs; its figures mean nothing
#   tools/train.sh --report           no training: writes the report of what is there
#   tools/train.sh --only dense,union some of the masks; also --seeds 1,2
#   --help                            all that can be set
# CXX chooses the compiler, as with CMake.
set -euo pipefail
cd "$(dirname "$0")/.."

case " $* " in
  *" --help "* | *" -h "*)
    sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0"
    exec python3 tools/train_report.py --help
    ;;
esac

# ---- what is needed ----
source tools/install.sh
tartan_need g++ cmake make libeigen3-dev python3 gnuplot-nox

# ---- build ----
mkdir -p build/train
echo "building in build/train ..."
{
  cmake -S . -B build/train -DCMAKE_BUILD_TYPE=Release -DTARTAN_MARCH=native \
    -DTARTAN_BUILD_BENCHMARKS=OFF -DTARTAN_BUILD_TESTS=OFF -DTARTAN_BUILD_EXAMPLES=ON &&
    cmake --build build/train --target example_train_text
} >build/train/build.log 2>&1 || {
  tail -n 40 build/train/build.log >&2
  echo "train.sh: the build failed; all that it printed is in build/train/build.log" >&2
  exit 1
}

exec python3 tools/train_report.py "$@"
