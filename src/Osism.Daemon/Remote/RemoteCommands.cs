using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Remote;

/// <summary>Does what operators ask of hosts at a terminal: <c>osism console</c>, <c>container</c>, <c>compose</c> and <c>log container|file</c>.</summary>
internal sealed class RemoteCommands(
    RemoteHosts hosts, OperatorAccesses accesses, DaemonEnvironment environment, OsismHome home, IOptions<SshOptions> ssh, IOptions<ConsoleOptions> options)
{
    /// <summary>Opens a console.</summary>
    /// <returns>What it ended with.</returns>
    /// <exception cref="OsismException">No such host, no key, no program; or there is nobody to ask which host is meant.</exception>
    public async Task<int> OpenAsync(ConsoleTarget target, CancellationToken cancellationToken)
    {
        if (target.Kind == ConsoleKind.Ansible)
            return await OpenAnsibleAsync(target.Pattern, cancellationToken);
        var found = await FindAsync(target.Pattern, null, cancellationToken);
        if (target.Kind == ConsoleKind.Clush)
            return await OpenClushAsync(found, target.Pattern, cancellationToken);
        if (HostChooser.Choose(found, target.Pattern, Terminal.MayAsk ? Console.In : null, Console.Error) is not { } host)
            return ExitCode.Success;
        using var folder = await MakeAsync([host], withVault: false, cancellationToken);
        var command = new HostCommand(folder, environment.Variables.GetValueOrDefault("SHELL"));
        return target switch
        {
            { Kind: ConsoleKind.Ssh } => await ProcessRunner.AttachAsync(command.Login(host, Terminal.HasInput), cancellationToken),
            { Container: { } container } => await ProcessRunner.AttachAsync(
                command.Words(host, EngineCommand.Shell(host, container, Terminal.HasInput), Terminal.HasInput, hasInput: true), cancellationToken),
            _ => await PromptAsync(host, command, cancellationToken),
        };
    }

    /// <summary>A command on each of the hosts that a pattern means.</summary>
    /// <param name="pattern">Of the inventory.</param>
    /// <param name="limit">One that must mean them too; null = no limit.</param>
    /// <param name="most">How many it may mean; null = as the settings say.</param>
    /// <param name="make">The command for one of them.</param>
    /// <param name="goesOn">Whether it does not end by itself.</param>
    /// <param name="cancellationToken">Ends it on all of them.</param>
    /// <returns>Its exit code, of several hosts the worst.</returns>
    /// <exception cref="OsismException">As for <see cref="OpenAsync"/>; or they are too many.</exception>
    public async Task<int> RunAsync(
        string pattern, string? limit, int? most, Func<RemoteHost, IReadOnlyList<string>> make, bool goesOn, CancellationToken cancellationToken)
    {
        var found = await FindAsync(pattern, limit, cancellationToken);
        ManyHosts.RequireFew(found, pattern, most ?? options.Value.MaxHosts);
        // What is wrong with the words is said before anything is opened.
        var words = found.Select(make).ToList();
        using var folder = await MakeAsync(found, withVault: false, cancellationToken);
        var command = new HostCommand(folder, environment.Variables.GetValueOrDefault("SHELL"));
        if (found is [var host])
            return await ProcessRunner.AttachAsync(command.Words(host, words[0], Terminal.HasBoth, hasInput: true), cancellationToken);
        await using var output = Terminal.Output();
        await using var error = Console.OpenStandardError();
        return await ManyHosts.RunAsync(
            [.. found.Zip(words, (one, line) => (one, command.Words(one, line, hasTerminal: false, hasInput: false)))], goesOn, output, error, cancellationToken);
    }

    /// <summary>The prompt of a host's container engine.</summary>
    /// <inheritdoc cref="OpenAsync"/>
    public Task<int> PromptAsync(string pattern, CancellationToken cancellationToken) => OpenAsync(new ConsoleTarget(ConsoleKind.Container, pattern, null), cancellationToken);

    private static Task<int> PromptAsync(RemoteHost host, HostCommand command, CancellationToken cancellationToken) => LinePrompt.RunAsync(
        Terminal.HasInput ? $"{host.Name}>>> " : null, Console.In, Console.Error,
        line => ProcessRunner.AttachAsync(
            command.Words(host, EngineCommand.Any(host, ArgumentSplitter.Words(line)), Terminal.HasBoth, hasInput: Terminal.HasInput), cancellationToken));

    private async Task<int> OpenClushAsync(IReadOnlyList<RemoteHost> found, string pattern, CancellationToken cancellationToken)
    {
        ManyHosts.RequireFew(found, pattern, int.MaxValue);
        using var folder = await MakeAsync(found, withVault: false, cancellationToken);
        return await AttachAsync(
            new ProcessSpec("clush", ["-o", $"-F {folder.Config}", "-w", string.Join(',', found.Select(host => host.Name))]), "clustershell", cancellationToken);
    }

    private async Task<int> OpenAnsibleAsync(string pattern, CancellationToken cancellationToken)
    {
        var found = await FindAsync(pattern, null, cancellationToken);
        using var folder = await MakeAsync(found, withVault: true, cancellationToken);
        // What the manager is told in ours is not for others: it may hold the password of the database.
        var variables = environment.Variables.Where(variable => !variable.Key.StartsWith("OSISM_", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
        variables["ANSIBLE_CONFIG"] = hosts.Config.Path;
        List<string> words = ["-i", hosts.Folder];
        if (folder.Key is { } key)
            words.Add($"--private-key={key}");
        if (folder.VaultPassword is { } password)
            words.Add($"--vault-password-file={password}");
        return await AttachAsync(new ProcessSpec("ansible-console", [.. words, "--", pattern]) { Environment = variables }, "ansible-core", cancellationToken);
    }

    private static async Task<int> AttachAsync(ProcessSpec spec, string package, CancellationToken cancellationToken)
    {
        try
        {
            return await ProcessRunner.AttachAsync(spec, cancellationToken);
        }
        catch (FileNotFoundException e)
        {
            throw new OsismException(ErrorCodes.ProgramMissing, $"{spec.File} is not installed on this machine: apt-get install {package}", e);
        }
    }

    private async Task<IReadOnlyList<RemoteHost>> FindAsync(string pattern, string? limit, CancellationToken cancellationToken)
    {
        // Before anything else: who may not do this should not be told about hosts first.
        OperatorAccesses.RequireReadable(home);
        var found = hosts.Match(pattern, limit);
        if (found.Count > 0)
            return found;
        if (limit is not null || await hosts.ResolveAsync(pattern, cancellationToken) is not { } elsewhere)
            throw hosts.Unknown(pattern, limit);
        await Console.Error.WriteLineAsync($"{pattern} is not in the inventory: taken as the name service knows it");
        return [elsewhere];
    }

    private async Task<SshFolder> MakeAsync(IReadOnlyList<RemoteHost> found, bool withVault, CancellationToken cancellationToken)
    {
        if (found.All(host => host.IsLocal) && !withVault)
            return SshFolder.Make(found, new OperatorAccess(null, null, null), home, ssh.Value, options.Value);
        var access = await accesses.FindAsync(hosts.Config, withVault, cancellationToken);
        if (access is { Key: null, KeyFile: null } && found.Any(host => host.KeyFile is null))
        {
            await Console.Error.WriteLineAsync(
                $"there is no operator's key, in {home.Secrets} or in environments/secrets.yml of the repository: ssh takes what this user has");
        }

        return SshFolder.Make(found, access, home, ssh.Value, options.Value);
    }

    /// <summary>What our own streams are.</summary>
    private static class Terminal
    {
        public static bool HasInput => !Console.IsInputRedirected;

        public static bool HasBoth => HasInput && !Console.IsOutputRedirected;

        public static bool MayAsk => HasInput && !Console.IsErrorRedirected;

        /// <summary>stdout that says when nobody reads it any more, which the console's own stream does not. Of a file the kernel must keep the place, which only that one leaves to it.</summary>
        public static Stream Output()
        {
            var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return pipe.CanSeek ? Console.OpenStandardOutput() : pipe;
        }
    }
}
