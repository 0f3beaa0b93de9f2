# shellcheck shell=bash disable=SC2154
# From a fresh Debian 12 to a built tree: what ./omc and ./run-tests share. Sourced; needs bash, coreutils and the
# essential packages only. All it says goes to standard error: standard output belongs to the program that is run.
#
# The caller sets `root`, the top of the tree, and `self`, the name that messages start with.

say() { printf '%s: %s\n' "$self" "$*" >&2; }

# Shows progress lines "PERCENT TEXT" from standard input: one updating line on a terminal, else a line each quarter.
show_progress() {
  local percent text columns=80 quarter=0
  [[ ! -t 2 ]] || read -r _ columns < <(stty size <&2)
  while read -r percent text; do
    if [[ -t 2 ]]; then
      printf '\r\033[K%s: %3d%% %.*s' "$self" "$percent" $((columns - ${#self} - 8)) "$text" >&2
    elif ((percent / 25 > quarter)); then
      quarter=$((percent / 25))
      say "$percent%"
    fi
  done
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
}

# missing_packages FILE: the packages of the list that are not installed.
missing_packages() {
  local package
  while read -r package; do
    [[ -z $package || $package == \#* ]] && continue
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || printf '%s\n' "$package"
  done <"$1"
}

# as_root COMMAND...: runs it as root, or fails with status 126 when there is no way that asks for no password.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    return 126
  fi
}

# apt reports on descriptor 3 as KIND:ITEM:PERCENT:TEXT. The descriptors are set inside, because sudo passes on only three.
apt_install() {
  # shellcheck disable=SC2016
  as_root bash -c 'exec 3>&1 >>"$0" 2>&1 </dev/null
    DEBIAN_FRONTEND=noninteractive exec apt-get install -y --no-install-recommends -o APT::Status-Fd=3 "$@"' "$log" "$@" |
    while IFS=: read -r _ _ percent text; do printf '%s %s\n' "${percent%.*}" "$text"; done | show_progress
  return "${PIPESTATUS[0]}"
}

# install_packages FILE: installs what is missing of the list; status 1, and nothing said, when that is not possible.
install_packages() {
  local missing
  command -v dpkg-query >/dev/null || return 0  # not Debian: cmake says what it does not find
  mapfile -t missing < <(missing_packages "$1")
  ((${#missing[@]})) || return 0
  as_root true || return 1
  say "installing Debian packages: ${missing[*]}"
  # The package lists may be missing, or name versions that the mirrors no longer hold: fetch them and try once more.
  apt_install "${missing[@]}" || { as_root apt-get update >>"$log" 2>&1 && apt_install "${missing[@]}"; }
}

# The packages the build needs, or the end of the script; those of the JIT where they can be had.
require_packages() {
  local log missing
  log=$(mktemp)
  if ! install_packages "$root/cmake/packages.txt"; then
    cat "$log" >&2
    say "please install what the build needs:"
    mapfile -t missing < <(missing_packages "$root/cmake/packages.txt")
    printf '  apt-get install %s\n' "${missing[*]}" >&2
    rm -f "$log"
    exit 1
  fi
  if [[ -f $root/jit/CMakeLists.txt ]] && ! install_packages "$root/cmake/packages-jit.txt"; then
    mapfile -t missing < <(missing_packages "$root/cmake/packages-jit.txt")
    say "building without the JIT; for it: apt-get install ${missing[*]}"
  fi
  rm -f "$log"
}

# build PRESET TARGET [CMAKE OPTION...]: configures and builds; shows the compiler's output only when something failed.
build() {
  local preset=$1 target=$2 log status=0
  shift 2
  require_packages
  command -v ccache >/dev/null && export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}
  export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
  log=$(mktemp)
  say "building $target (preset $preset)"
  if (cd "$root" && cmake --preset "$preset" "$@") >"$log" 2>&1; then
    NINJA_STATUS='%p ' cmake --build "$root/build/$preset" --target "$target" 2>&1 | tee "$log" |
      sed -nu 's/^ *\([0-9]*\)% /\1 /p' | show_progress
    status=${PIPESTATUS[0]}
  else
    status=1
  fi
  if ((status != 0)); then
    # ninja tells of each step it ran; what failed starts at its first "FAILED:".
    sed -n '/^FAILED:/,$p' "$log" | grep . >&2 || cat "$log" >&2
    say "the build failed"
  fi
  rm -f "$log"
  return "$status"
}
