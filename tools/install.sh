# shellcheck shell=bash
# Installs what is missing on Debian and Ubuntu. To be sourced, by tools/*.sh and .ci/run:
#
#   source tools/install.sh
#   tartan_need g++ cmake libeigen3-dev

tartan_apt_updated=no

# Runs a command as root.
tartan_as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "tartan: this must be run by root, or with sudo installed: $*" >&2
    return 2
  fi
}

# The program that a package is needed for; nothing where it is a library.
tartan_program_of() {
  case $1 in
    g++ | cmake | make | python3 | clang-format | shellcheck | doxygen) echo "$1" ;;
    clang) echo clang++ ;;
    ninja-build) echo ninja ;;
    gnuplot-nox) echo gnuplot ;;
  esac
}

# tartan_need PACKAGE...: installs those that dpkg says are missing. Where there is no apt-get it
# returns 2 if a program is missing, and leaves libraries to CMake, which finds or downloads them.
tartan_need() {
  local package program missing=()
  for package in "$@"; do
    if command -v apt-get >/dev/null; then
      [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
        missing+=("$package")
    else
      program=$(tartan_program_of "$package")
      [[ -z $program ]] || command -v "$program" >/dev/null || missing+=("$program")
    fi
  done
  ((${#missing[@]})) || return 0
  if ! command -v apt-get >/dev/null; then
    echo "tartan: missing: ${missing[*]} (only Debian and Ubuntu are installed on by this script)" >&2
    return 2
  fi
  echo "installing: ${missing[*]}"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq)
  if [[ $tartan_apt_updated == no ]]; then
    tartan_as_root "${apt[@]}" update </dev/null || return 2
    tartan_apt_updated=yes
  fi
  tartan_as_root "${apt[@]}" install -y --no-install-recommends -o Dpkg::Use-Pty=0 \
    "${missing[@]}" </dev/null >/dev/null || {
    echo "tartan: apt-get could not install: ${missing[*]}" >&2
    return 2
  }
}
