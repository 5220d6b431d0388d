#!/usr/bin/env bash
# The benchmark, from nothing to a report: installs what is missing (Debian), builds for this
# processor in build/bench, checks every result against the reference, measures, and ends with the
# report and its plots, which stay with the raw JSON in the output folder.
#
#   tools/bench.sh            everything; a matter of minutes
#   tools/bench.sh --quick    fewer rounds, no N = 65536, no million tokens, no compile times; under
#                             a minute, installing and building not counted
#   tools/bench.sh --smoke    tiny sizes: shows that everything runs; its figures mean nothing
#   --out DIR                 where results go (build/bench-results)
#   --march ARCH              what to compile for (native)
#   --core N                  the core of the one-thread runs (the last one of those allowed)
# CXX chooses the compiler, as with CMake.
set -euo pipefail
cd "$(dirname "$0")/.."

command_line="tools/bench.sh${*:+ $*}"
mode=full out=build/bench-results core='' march=native
while (($#)); do
  case $1 in
    --quick) mode=quick ;;
    --smoke) mode=smoke ;;
    --out) out=${2:?"--out needs a folder"} && shift ;;
    --march) march=${2:?"--march needs a processor"} && shift ;;
    --core) core=${2:?"--core needs a number"} && shift ;;
    -h | --help) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0" && exit ;;
    *) echo "bench.sh: unknown argument '$1' (see --help)" >&2 && exit 2 ;;
  esac
  shift
done

# ---- what is needed ----
source tools/install.sh
tartan_need g++ cmake make libeigen3-dev libbenchmark-dev python3 gnuplot-nox

# ---- build ----
mkdir -p "$out"
echo "building in build/bench ..."
{
  cmake -S . -B build/bench -DCMAKE_BUILD_TYPE=Release -DTARTAN_MARCH="$march" \
    -DTARTAN_BUILD_BENCHMARKS=ON -DTARTAN_BUILD_TESTS=OFF -DTARTAN_BUILD_EXAMPLES=OFF &&
    cmake --build build/bench --parallel "$(nproc)"
} >"$out/build.log" 2>&1 || {
  tail -n 40 "$out/build.log" >&2
  echo "bench.sh: the build failed; all that it printed is in $out/build.log" >&2
  exit 1
}

# ---- what is measured on, and what ----
commit=$(git rev-parse --short=12 HEAD 2>/dev/null) || commit="unknown"
[[ -z $(git status --porcelain 2>/dev/null) ]] || commit+=", with uncommitted changes"
pin=() pinned="not pinned to a core"
if command -v taskset >/dev/null; then
  : "${core:=$(taskset -cp $$ | sed 's/.*[ ,-]//')}"
  pin=(taskset -c "$core") pinned="pinned to core $core"
fi
rm -f "$out"/*.json "$out"/*.svg "$out"/*.dat "$out/report.md"
tee "$out/machine.txt" <<END
processor: $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1) ($(uname -m)); threads allowed: $(nproc)
system: $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release), Linux $(uname -r)
commit: $commit
command: $command_line
one-thread runs: $pinned
END

step_count=0
# step TITLE COMMAND...: runs the command and tells where we are.
step() {
  local start=$SECONDS
  printf '[%2d/%d] %s\n' $((++step_count)) "$steps" "$1"
  "${@:2}" || {
    echo "bench.sh: this step failed: ${*:2}" >&2
    exit 1
  }
  printf '        %d s\n' $((SECONDS - start))
}
# suite NAME N ROUNDS SECONDS [COMMAND...]: one process, started by COMMAND, and one JSON file.
suite() {
  "${@:5}" build/bench/bench/attention_bench "$1" "$2" "$3" "$4" \
    --benchmark_out="$out/$1-$2.json" --benchmark_out_format=json >"$out/last.log"
}
cache() { build/bench/bench/bounded_cache "$1" >"$out/cache.json"; }
million() { build/bench/bench/million_tokens "$1" >"$out/million.json"; }
compile_time() {
  local words
  mapfile -t words <build/bench/bench/compile_command.txt
  bench/compile_time/measure.sh "$1" "${words[@]}" >"$out/compile_time.json"
}

case $mode in
  full)
    steps=20
    step "scale, N = 256" suite scale 256 21 0.02 "${pin[@]}"
    step "scale, N = 1024" suite scale 1024 21 0.05 "${pin[@]}"
    step "scale, N = 4096" suite scale 4096 15 0.05 "${pin[@]}"
    step "scale, N = 16384" suite scale 16384 11 0.05 "${pin[@]}"
    step "scale, N = 65536" suite scale 65536 3 0.05 "${pin[@]}"
    step "families, N = 4096" suite families 4096 11 0.03 "${pin[@]}"
    step "families, N = 16384" suite families 16384 7 0.03 "${pin[@]}"
    step "one thread and all, N = 4096" suite threads 4096 15 0.05
    step "one thread and all, N = 16384" suite threads 16384 9 0.05
    step "head_dim 32, 64, 128; float and double; N = 4096" suite shapes 4096 11 0.05 "${pin[@]}"
    step "where dense wins, N = 4096" suite density 4096 9 0.02 "${pin[@]}"
    step "heads, score modifiers, scalars, N = 4096" suite models 4096 11 0.03
    step "decoding, a context of 65536" suite decoding 65536 31 0.01 "${pin[@]}"
    step "gradients, N = 4096" suite training 4096 15 0.05 "${pin[@]}"
    step "gradients, N = 16384" suite training 16384 9 0.05 "${pin[@]}"
    step "gradients on one thread and all, N = 4096" suite training_threads 4096 15 0.05
    step "gradients on one thread and all, N = 16384" suite training_threads 16384 7 0.05
    step "a million tokens" million 1048576
    step "a million tokens through a bounded cache" cache 1000000
    step "compile times" compile_time 5
    ;;
  quick)
    steps=11
    step "scale, N = 1024" suite scale 1024 7 0.02 "${pin[@]}"
    step "scale, N = 4096" suite scale 4096 5 0.02 "${pin[@]}"
    step "scale, N = 16384" suite scale 16384 3 0.02 "${pin[@]}"
    step "families, N = 4096" suite families 4096 3 0.01 "${pin[@]}"
    step "one thread and all, N = 4096" suite threads 4096 5 0.02
    step "head_dim 32, 64, 128; float and double; N = 4096" suite shapes 4096 3 0.02 "${pin[@]}"
    step "where dense wins, N = 4096" suite density 4096 3 0.01 "${pin[@]}"
    step "heads, score modifiers, scalars, N = 4096" suite models 4096 3 0.01
    step "decoding, a context of 65536" suite decoding 65536 5 0.01 "${pin[@]}"
    step "gradients, N = 4096" suite training 4096 3 0.01 "${pin[@]}"
    step "gradients on one thread and all, N = 4096" suite training_threads 4096 3 0.01
    ;;
  smoke)
    steps=13
    step "scale, N = 64" suite scale 64 1 0 "${pin[@]}"
    step "scale, N = 256" suite scale 256 1 0 "${pin[@]}"
    step "families, N = 256" suite families 256 1 0 "${pin[@]}"
    step "one thread and all, N = 256" suite threads 256 1 0
    step "head_dim 32, 64, 128; float and double; N = 256" suite shapes 256 1 0 "${pin[@]}"
    step "where dense wins, N = 256" suite density 256 1 0 "${pin[@]}"
    step "heads, score modifiers, scalars, N = 256" suite models 256 1 0
    step "decoding, a context of 1024" suite decoding 1024 1 0 "${pin[@]}"
    step "gradients, N = 256" suite training 256 1 0 "${pin[@]}"
    step "gradients on one thread and all, N = 256" suite training_threads 256 1 0
    step "many tokens" million 4096
    step "many tokens through a bounded cache" cache 4096
    step "compile times" compile_time 1
    ;;
esac

# ---- report ----
python3 tools/bench_report.py "$out"
gnuplot -e "folder='$out'" tools/bench_plots.gp
cat "$out/report.md"
echo "report, plots and raw figures: $out"
