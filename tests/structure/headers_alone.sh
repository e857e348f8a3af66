#!/usr/bin/env bash
# headers_alone.sh <c++ compiler> <c compiler> <include root> <file naming the headers> <Eigen's folder>
# Compiles each public header with nothing before it: C++20, and for the kernels in quant/c and the
# window geometry also C99. A header that lacks an include comes first and must be refused. What is
# included must be in the list, too: nothing else is installed.
set -euo pipefail
cxx=$1 cc=$2 root=$3 list=$4 eigen=$5
probe=$(mktemp -d)
trap 'rm -rf "$probe"' EXIT
export cxx cc root eigen

compiles() { # compiles <language and standard> <header>
  local -a compiler=("$cxx" -std=c++20 -x c++)
  [ "$1" = c++20 ] || compiler=("$cc" -std=c99 -x c)
  # A header may offer functions that this empty file does not call.
  if printf '#include "%s"\n' "$2" |
    "${compiler[@]}" -Wall -Wextra -Wpedantic -Werror -Wno-unused-function -fsyntax-only -I"$root" \
      -isystem "$eigen" -; then
    echo "ok - $2 compiles alone as $1"
  else
    echo "not ok - $2 does not compile alone as $1"
    return 1
  fi
}
export -f compiles

echo 'inline std::string text() { return {}; }' >"$probe/lacks_an_include.h"
if root=$probe compiles c++20 lacks_an_include.h >/dev/null 2>&1; then
  echo 'not ok - a header that lacks an include was not refused'
  exit 1
fi
echo 'ok - a header that lacks an include is refused'

missing=0
while read -r header; do
  for included in $(sed -n 's|^#include "integrad/\([^"]*\)".*|\1|p' "$root/integrad/$header"); do
    if ! grep -Fxq "$included" "$list"; then
      echo "not ok - $header is public and includes $included, which is not"
      missing=1
    fi
  done
done <"$list"
[ $missing = 0 ] || exit 1
echo 'ok - public headers include public ones only'

# shellcheck disable=SC2016  # expanded by the inner shell
{
  sed 's|^|c++20 integrad/|' "$list"
  grep -E '^(quant/c/|tensor/(window|resize)\.h)' "$list" | sed 's|^|c99 integrad/|'
} | xargs -P "$(nproc)" -L 1 bash -c 'compiles "$@"' compiles
