# shellcheck shell=bash
# Sourced by run, test, dev, .ci/run and scripts/*. Defines names and does nothing by itself.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# The user of the runs and that of the database must be able to read what is made here, whatever the umask of the caller is.
umask 022
# Tools of the system live in sbin, which an ordinary user's PATH often lacks.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# Build workers that stay behind would keep memory for nothing.
export MSBUILDDISABLENODEREUSE=1

# A line of progress with the seconds since the script began.
say() {
    printf '[%3ds] %s\n' "$SECONDS" "$*"
}

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

is_root() {
    [ "$(id -u)" -eq 0 ]
}

missing_packages=()
missing_reasons=()

# need PACKAGE CHECK WHY: remembers PACKAGE unless CHECK, a command or an absolute path pattern, is there.
need() {
    case $2 in
        /*) if compgen -G "$2" >/dev/null; then return 0; fi ;;
        *) if command -v "$2" >/dev/null 2>&1; then return 0; fi ;;
    esac
    missing_packages+=("$1")
    missing_reasons+=("$3")
}

# Installs what need() remembered, or tells an ordinary user the one line that does.
install_needed() {
    if [ ${#missing_packages[@]} -eq 0 ]; then
        return 0
    fi
    local install=(apt-get install -y --no-install-recommends "${missing_packages[@]}") i
    if ! is_root; then
        printf 'These Debian packages are missing; have them installed with:\n\n    sudo %s\n\n' "${install[*]}" >&2
        exit 1
    fi
    command -v apt-get >/dev/null || die "there is no apt-get here; install by hand: ${missing_packages[*]}"
    for i in "${!missing_packages[@]}"; do
        say "installing ${missing_packages[$i]}: ${missing_reasons[$i]}"
    done
    mkdir -p "$root/artifacts"
    local log=$root/artifacts/install.log
    if ! install_quietly "${install[@]}" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die "apt-get could not install ${missing_packages[*]}; the whole log is $log"
    fi
    missing_packages=()
    missing_reasons=()
}

# Package scripts must find Debian's own programs, and no service may be started by being installed:
# we run our own PostgreSQL and sshd, with our own settings.
install_quietly() (
    export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    case " $* " in
        *" postgresql "*)
            mkdir -p /etc/postgresql-common/createcluster.d
            printf '# Written by the OSISM scripts: they make a cluster of their own.\ncreate_main_cluster = false\n' \
                >/etc/postgresql-common/createcluster.d/osism.conf
            ;;
    esac
    "$@" -o DPkg::Lock::Timeout=300 || { apt-get update && "$@" -o DPkg::Lock::Timeout=300; }
)

# What every run of a playbook needs, on any kind of machine.
need_run_packages() {
    need postgresql '/usr/lib/postgresql/*/bin/postgres' "osismd keeps its records in a PostgreSQL of its own"
    need ansible-core ansible-playbook "runs the plays"
    need perl-base /usr/bin/perl "supervises the runs"
    need openssh-client ssh-keygen "connects to the nodes; makes the operator's key"
    need git git "a pod's configuration is a git repository"
    need tzdata /usr/share/zoneinfo/zone1970.tab "schedules follow the clocks of time zones"
}

# What the demo's and the tests' nodes need besides.
need_node_packages() {
    need openssh-server sshd "each node runs a real sshd"
    need sudo sudo "plays become root on the nodes"
    need iproute2 ip "network namespaces, links and addresses of the nodes"
}

# What tests want to talk to.
need_test_packages() {
    need libfaketime '/usr/lib/*/faketime/libfaketime.so.1' "sets the clock of a manager while it works"
    need python3-ara /usr/lib/python3/dist-packages/ara/plugins/callback/ara_default.py "its callback and its command line record to us and ask us"
    need ara-server /usr/bin/ara-manage "ARA's own server: its record of a run is compared with ours"
    need gunicorn gunicorn "serves ARA's own server"
    need redis-server redis-server "workers share Ansible's facts in a real one"
    need python3-redis '/usr/lib/python3/dist-packages/redis/__init__.py' "Ansible's way to Redis"
    need ansible '/usr/lib/python3/dist-packages/ansible_collections/community/general/plugins/cache/redis.py' "its Redis cache must read what ours writes, and the other way round"
    need python3-apt '/usr/lib/python3/dist-packages/apt/__init__.py' "plays install packages on nodes"
    need ca-certificates update-ca-certificates "a play has nodes trust authorities"
    need openssl openssl "reads what they trust"
    need systemd journalctl "a play shortens the journal of nodes"
    need patch patch "reads the diffs that are shown of a job"
    need clustershell clush "consoles for groups of hosts open with it"
    need skopeo skopeo "copies images with the versions of kolla"
    need podman podman "runs the Ansible of a runtime that is an image"
    need runc runc "what podman starts containers with where crun cannot, as on machines with both kinds of cgroups"
    need python3-aiosmtpd /usr/lib/python3/dist-packages/aiosmtpd "a real mail server receives notifications"
}

# What plays of the sequence need on its nodes, which have the programs of this machine.
need_sequence_packages() {
    need python3-apt '/usr/lib/python3/dist-packages/apt/__init__.py' "plays install packages on nodes"
    need ca-certificates update-ca-certificates "a play has nodes trust authorities"
    need systemd journalctl "a play sets the journal of nodes"
}

# The peers of the cases `queue` and `recording` of the benchmarks.
need_peer_packages() {
    need redis-server redis-server "Celery's broker, measured beside our queue"
    need python3-celery '/usr/lib/python3/dist-packages/celery/__init__.py' "the peer of our queue"
    need python3-redis '/usr/lib/python3/dist-packages/redis/__init__.py' "how Celery speaks to Redis"
    need python3-ara /usr/lib/python3/dist-packages/ara/plugins/callback/ara_default.py "the peer of our recording"
    need gunicorn gunicorn "serves the peer's recording"
    need util-linux taskset "puts manager and database on one core"
}

need_sdk() {
    command -v dotnet >/dev/null || die "there is no dotnet on the PATH; the .NET 10 SDK is needed to build"
    dotnet --list-sdks | grep -q '^10\.' || die "the .NET 10 SDK is needed; dotnet has: $(dotnet --list-sdks | tr '\n' ' ')"
}

# Runs of a manager that is root execute as this user, who may read none of the manager's secrets.
# Sets user_created=yes when it had to be made.
# shellcheck disable=SC2034 # read by run
user_created=no
need_run_user() {
    if ! is_root || id dragon >/dev/null 2>&1; then
        return 0
    fi
    local number=(--uid 45000)
    if getent passwd 45000 >/dev/null || getent group 45000 >/dev/null; then number=(); fi
    say "creating the user dragon, as whom plays run"
    useradd --create-home --shell /bin/bash --user-group --password '*' "${number[@]}" dragon
    # shellcheck disable=SC2034
    user_created=yes
}

# A new Debian 12 in a folder, with the apt settings of this machine. make_debian DIR LOG [PACKAGE,...]
make_debian() {
    local mirror
    mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
    [ -n "$mirror" ] || mirror=$(awk '$1 == "deb" {print $2; exit}' /etc/apt/sources.list)
    debootstrap --variant=minbase ${3:+--include="$3"} bookworm "$1" "$mirror" >"$2" 2>&1 || die "debootstrap: $(tail -n 3 "$2")"
    cp -r /etc/apt/sources.list.d "$1/etc/apt/"
    [ -z "$(ls -A "$1/etc/apt/sources.list.d")" ] || : >"$1/etc/apt/sources.list"
    [ ! -e /etc/apt/apt.conf.d ] || cp -r /etc/apt/apt.conf.d/. "$1/etc/apt/apt.conf.d/"
}
