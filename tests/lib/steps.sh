# Shell helpers of tests/run and apps/run: quiet steps with a log, packages, npm. Sourced, not run.
# The caller sets `root` (the repository) and `build` (where stamps and logs go).

say() {
    printf '%s\n' "$*"
}

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# step NAME COMMAND...: one line with the time it took; the end of its log if it fails.
step() {
    local name=$1 started=$SECONDS log pid waited=0 next_sign=30
    shift
    mkdir -p "$build/logs"
    log="$build/logs/${name//[^A-Za-z0-9_-]/-}.log"
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        waited=$((SECONDS - started))
        # A sign of life every half minute, so that nobody takes a long build for a hang.
        if ((waited >= next_sign)); then
            next_sign=$((next_sign + 30))
            say "   ... $name: $waited s"
        fi
    done
    if wait "$pid"; then
        say "   $name: done ($((SECONDS - started)) s)"
        return 0
    fi
    say "   $name: FAILED. The end of $log:"
    tail -n "${log_tail:-40}" "$log" | sed 's/^/      /'
    return 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# want_tool COMMAND PACKAGE...: the packages are missing if the command is.
want_tool() {
    local command=$1
    shift
    have "$command" || missing+=("$@")
}

want_package() {
    installed "$1" || missing+=("$1")
}

# Debian 12 has Boost 1.74 as its default and 1.81 beside it, Debian 13 a newer default only.
want_boost() {
    local package version
    for package in libboost1.81-dev libboost-dev; do
        version=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null)
        if installed "$package" && dpkg --compare-versions "$version" ge 1.81; then
            return
        fi
    done
    missing+=("$boost_of_this_release")
}

# Stands for a name that only the package lists tell, which a bare machine does not have yet.
boost_of_this_release='libboost1.81-dev|libboost-dev'

# first_available A|B|C: the first of the packages that can be installed.
first_available() {
    local package
    for package in ${1//|/ }; do
        if apt-cache policy "$package" | grep -q '^  Candidate: [^(]'; then
            echo "$package"
            return
        fi
    done
    echo "$package"
}

want_node() {
    local major=0
    if have node; then
        major=$(node -p 'process.versions.node.split(".")[0]')
    fi
    if ((major < 18)); then
        missing+=(nodejs)
    fi
    want_tool npm npm
}

apt_install() {
    local sudo=()
    if [ "$(id -u)" != 0 ]; then
        have sudo || { echo "not root and no sudo"; return 1; }
        sudo=(sudo -n)
    fi
    export DEBIAN_FRONTEND=noninteractive
    "${sudo[@]}" apt-get update -q || return 1
    local packages=() package
    for package in "$@"; do
        packages+=("$(first_available "$package")")
    done
    "${sudo[@]}" apt-get install -q -y --no-install-recommends "${packages[@]}"
}

# Installs what the want_* calls found missing.
install_missing() {
    if ((${#missing[@]} == 0)); then
        return
    fi
    if ! have apt-get; then
        die "These are missing and this is no Debian system: ${missing[*]}"
    fi
    say "Installing Debian packages: ${missing[*]}"
    step packages apt_install "${missing[@]}" || die "The packages could not be installed. \
As root, run: apt-get update && apt-get install --no-install-recommends ${missing[*]%%|*}"
}

want_cpp_toolchain() {
    local package
    want_tool g++ g++
    want_tool meson meson
    want_tool ninja ninja-build
    want_tool pkg-config pkg-config
    want_boost
    for package in rapidjson-dev libfmt-dev libssl-dev zlib1g-dev libspdlog-dev libcli11-dev \
        libtomlplusplus-dev libsqlite3-dev libcrypt-dev ca-certificates; do
        want_package "$package"
    done
}

# npm_ci FOLDER: node_modules as the lock file says; nothing to do while the lock is the same.
npm_ci() {
    local folder=$1 stamp key
    key=$(cat "$folder/package.json" "$folder/package-lock.json" | sha256sum | cut -c1-16)
    stamp="$folder/node_modules/.stamp-$key"
    if [ -e "$stamp" ]; then
        return
    fi
    step "npm ci in ${folder#"$root/"}" npm_install_in "$folder" ||
        die "npm could not install the packages of $folder/package-lock.json. Check that the npm \
registry can be reached (npm ping), then run this script again."
    touch "$stamp"
}

npm_install_in() {
    cd "$1" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
}

# configure FOLDER OPTION...: meson setup, once, and again when the options are others.
configure() {
    local folder=$1 stamp="$1/.options"
    shift
    if [ -e "$folder/build.ninja" ]; then
        [ "$(cat "$stamp" 2>/dev/null)" = "$*" ] && return
        # Objects that the change does not concern stay.
        step "configure ${folder#"$root/"} anew" meson setup --reconfigure "$folder" "$root" "$@" ||
            return 1
    else
        rm -rf "$folder"
        step "configure ${folder#"$root/"}" meson setup "$folder" "$root" "$@" || return 1
    fi
    printf '%s\n' "$*" >"$stamp"
}
