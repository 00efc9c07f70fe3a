#!/usr/bin/perl
# Runs one command and leaves a record that outlives the manager: started, output, exit.
# usage: perl supervise.pl FOLDER|waiting
# "waiting", with blanks behind it: the folder comes on stdin, ended by a zero byte. When stdin ends there is nothing to do.
# FOLDER/command says what is to be run and how (SpoolCommand.cs writes it). No module is loaded and no program is started on the way: each
# costs a millisecond or more between a submission and its run. A test checks the text under strict and warnings.
my ($folder) = @ARGV;
if ($folder =~ /^waiting/) {
    local $/ = "\0";
    defined($folder = <STDIN>) or exit 0;
    $folder =~ s/\0\z// or refuse('the name of the folder was cut off');
    # The blanks were room for it: ps shows it as if it had been an argument.
    $0 = join "\0", $^X, $0, $folder;
}

# Of system calls without a Perl function; equal on all architectures.
my ($CLONE3, $CLOSE_RANGE, $MOUNT_SETATTR) = (435, 436, 442);
my $CLONE_INTO_CGROUP = 2**33;
my $CLONE_NEWNS = 0x20000;
my ($MS_RDONLY, $MS_REMOUNT, $MS_BIND, $MS_REC, $MS_PRIVATE) = (0x1, 0x20, 0x1000, 0x4000, 0x40000);
my ($AT_FDCWD, $MOUNT_ATTR_RDONLY) = (-100, 1);
my ($LAST, $CLOSE_RANGE_CLOEXEC) = (2**32 - 1, 4);
my $SIGCHLD = 17;
my ($O_WRONLY, $O_APPEND) = (1, 02000);
# Their module would have to be loaded for their names.
my ($ENOENT, $EINTR) = (2, 4);

chdir $folder or refuse("$folder: $!");
open my $plan, '<:raw', 'command' or refuse("$folder/command: $!");
my @fields = do { local $/ = "\0"; <$plan> };
s/\0\z// for @fields;
close $plan;
# As numbers: what looks like text is handed to the kernel as a pointer.
my ($UNSHARE, $MOUNT, $SETSID, $SETGROUPS, $SETRESGID, $SETRESUID) = map { $_ + 0 } section();
my ($cgroup) = section();
my @account = map { $_ + 0 } section();
my @mounts = section();
my ($cwd) = section();
my @environment = section();
my @argv = section();
sysopen my $output, 'output', $O_WRONLY | $O_APPEND or refuse("$folder/output: $!");

# The supervisor is not the manager's child, and is born where the manager's service does not take it along when it ends.
exit 0 if born($cgroup);
syscall $SETSID;
umask 077;
# A handler, not "ignore": the command must get the signals' defaults, and this process must live to write the exit record.
$SIG{$_} = sub { } for qw(TERM INT HUP QUIT);
open STDIN, '<', '/dev/null';
open STDOUT, '>&', $output;
open STDERR, '>&', $output;
close $output;

# Nobody sees these mounts but the run, so they may be made before it is decided whether it begins.
my $fault = map_paths(@mounts);

# pid and exit.t hold blanks. They are written in place: a full disk cannot keep them from being written.
overwrite('pid', first_line('/proc/sys/kernel/random/boot_id') . first_line('/proc/self/stat')) or exit 125;
# Whoever fenced the attempt has made "started" already, and nothing begins here.
link 'pid', 'started' or exit 125;
my $code = 125;
if (defined $fault) {
    syswrite STDERR, "osism: $fault\n";
}
else {
    $code = run();
}
overwrite('exit.t', sprintf "%-16s\n", $code) and rename 'exit.t', 'exit';

# A child in a cgroup. To be born there costs nothing; to enter it later waits until every CPU has passed through the kernel, 8 to 25 ms.
sub born {
    my ($group) = @_;
    if (defined $group && sysopen my $there, $group, 0) {
        my $arguments = pack 'Q11', $CLONE_INTO_CGROUP, 0, 0, 0, $SIGCHLD, 0, 0, 0, 0, 0, fileno $there;
        my $pid = syscall $CLONE3, $arguments, length $arguments;
        return $pid if $pid >= 0;
    }
    # No cgroup, an older kernel, or a container that forbids the call.
    my $pid = fork;
    refuse("fork: $!") unless defined $pid;
    if (!$pid && defined $group && open my $members, '>', "$group/cgroup.procs") {
        syswrite $members, '0';
    }
    return $pid;
}

# Shows SOURCE at TARGET, three fields each with "ro" or "rw", in a mount namespace of its own. Returns what is in the way.
sub map_paths {
    return undef unless @_;
    my $none = '';
    syscall($UNSHARE, $CLONE_NEWNS) == 0 or return "unshare: $!";
    syscall($MOUNT, $none, my $root = '/', $none, $MS_REC | $MS_PRIVATE, 0) == 0 or return "/ cannot be made private: $!";
    while (my ($source, $target, $mode) = splice @_, 0, 3) {
        syscall($MOUNT, $source, $target, $none, $MS_BIND, 0) == 0 or return "$source cannot be shown at $target: $!";
        next if $mode eq 'rw';
        my $attributes = pack 'Q4', $MOUNT_ATTR_RDONLY, 0, 0, 0;
        next if syscall($MOUNT_SETATTR, $AT_FDCWD, $target, 0, $attributes, length $attributes) == 0;
        # Linux before 5.12.
        syscall($MOUNT, $none, $target, $none, $MS_REMOUNT | $MS_BIND | $MS_RDONLY, 0) == 0
            or return "$target cannot be made read-only: $!";
    }
    return undef;
}

# Runs the command in the foreground and returns its exit code as a shell counts.
sub run {
    my $pid = fork;
    if (!defined $pid) {
        syswrite STDERR, "osism: fork: $!\n";
        return 125;
    }
    command() if !$pid;
    while (waitpid($pid, 0) < 0) {
        # Interrupted by a signal that was meant for somebody else.
        last unless $! == $EINTR;
    }
    return $? & 127 ? 128 + ($? & 127) : $? >> 8;
}

# Becomes the command.
sub command {
    # The manager may have been started by a script in the background, which has SIGINT ignored.
    $SIG{$_} = 'DEFAULT' for grep { !/^(?:KILL|STOP|NUM|RT)/ } keys %SIG;
    if (my ($user, $group, @groups) = @account) {
        my $list = pack 'L*', @groups;
        syscall($SETGROUPS, scalar @groups, $list) == 0
            && syscall($SETRESGID, $group, $group, $group) == 0
            && syscall($SETRESUID, $user, $user, $user) == 0
            or fail("user $user: $!", 125);
    }
    # What somebody left open in the manager, or before it, is no business of the run. (Linux 5.11; without it all stays as it came.)
    syscall $CLOSE_RANGE, 3, $LAST, $CLOSE_RANGE_CLOEXEC;
    chdir $cwd or fail("$cwd: $!", 125);
    %ENV = map { split /=/, $_, 2 } @environment;
    exec { $argv[0] } @argv or fail("$argv[0]: $!", $! == $ENOENT ? 127 : 126);
}

sub fail {
    my ($why, $how) = @_;
    syswrite STDERR, "osism: $why\n";
    exit $how;
}

# The manager reads what is said here.
sub refuse {
    my ($why) = @_;
    syswrite STDERR, "$why\n";
    exit 125;
}

sub overwrite {
    my ($name, $text) = @_;
    sysopen my $file, $name, $O_WRONLY or return 0;
    defined syswrite $file, $text or return 0;
    return close $file;
}

sub first_line {
    my ($path) = @_;
    open my $file, '<', $path or return "\n";
    return scalar <$file>;
}

# A section of the file: how many fields, then the fields.
sub section {
    my $count = shift @fields;
    defined $count && @fields >= $count or refuse("$folder/command is damaged");
    return splice @fields, 0, $count;
}
