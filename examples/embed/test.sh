#!/usr/bin/env bash
# test.sh find_package|fetch_content <cmake> <c++ compiler> <source folder> [<build folder>]
# Builds and runs the project beside this file against an installation of the build folder, or with
# the sources as a part of it.
set -euo pipefail
way=$1 cmake=$2 cxx=$3 source=$4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

check() { # check <what> <command...>
  if "${@:2}" >"$folder/log" 2>&1; then
    echo "ok - $1"
  else
    cat "$folder/log"
    echo "not ok - $1"
    exit 1
  fi
}

names_a_folder() { grep -rF -e "$source" -e "$1" -e "$folder" "$folder/moved" --include='*.cmake'; }
is_relocatable() { ! names_a_folder "$1"; }

options=(-DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_BUILD_TYPE=Release)
! command -v ninja >/dev/null || options+=(-G Ninja)
! command -v ccache >/dev/null || options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
case $way in
  find_package)
    check 'installs' "$cmake" --install "$5" --prefix "$folder/first"
    # An installation that has been moved must work: it names no folder of this machine.
    mv "$folder/first" "$folder/moved"
    check 'package files name no folder of this machine' is_relocatable "$5"
    options+=(-DCMAKE_PREFIX_PATH="$folder/moved")
    ;;
  fetch_content) options+=(-DUSE_FETCHCONTENT=ON) ;;
  *) echo "unknown way '$way'" >&2 && exit 2 ;;
esac
check "consumer configures ($way)" \
  "$cmake" -S "$source/examples/embed" -B "$folder/build" "${options[@]}"
check "consumer builds ($way)" "$cmake" --build "$folder/build" --parallel "$(nproc)"
check "consumer trains a step ($way)" "$folder/build/embed"
