using System.Text.Json;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Hosting;

/// <summary><c>osism manager install HOST</c>: the play <c>manager</c> on a host that nobody manages yet, with the Ansible and the ssh of whoever calls it. Needs no manager here.</summary>
internal static class InstallProgram
{
    /// <summary>Options with a value, and flags, as <see cref="ProgramWords.Parse"/> takes them.</summary>
    public static readonly string[] Options = ["--package", "--user", "--port", "--key", "--configuration", "--branch", "--listen"];
    public static readonly string[] Flags = ["--ask-become-pass"];

    private const int Unreachable = 4;

    /// <exception cref="OsismException">Host, package or Ansible cannot be what is meant.</exception>
    public static async Task<int> RunAsync(ProgramWords given, CancellationToken cancellationToken)
    {
        var host = given.Others is [var one] ? one : throw new OsismException(ErrorCodes.RequestInvalid, "name the host on which the manager is to be installed: osism manager install HOST");
        if (host.StartsWith('-') || host.Any(letter => char.IsWhiteSpace(letter) || letter is ',' or '/' or '@'))
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"'{host}' is no host: give its name or address; --user says as whom to log in");
        }

        var play = Path.Combine(ShippedFolder.Find("osism-ansible"), "manager");
        string[] plays = given["--configuration"] is null ? [Path.Combine(play, "manager.yml")] : [Path.Combine(play, "manager.yml"), Path.Combine(play, "configuration.yml")];
        List<string> arguments = ["--inventory", $"{host},", "--extra-vars", Variables(given)];
        foreach (var (option, name) in new[] { ("--user", "--user"), ("--key", "--private-key") })
        {
            if (given[option] is { } value)
            {
                arguments.AddRange([name, value]);
            }
        }

        if (given.Has("--check"))
        {
            arguments.Add("--check");
        }

        if (given.Has("--ask-become-pass"))
        {
            arguments.Add("--ask-become-pass");
        }

        int code;
        try
        {
            code = await ProcessRunner.AttachAsync(new ProcessSpec("ansible-playbook", [.. arguments, .. plays]), cancellationToken);
        }
        catch (FileNotFoundException e)
        {
            throw new OsismException(ErrorCodes.RunStartFailed, $"{e.Message} Install Ansible on this machine (Debian: ansible-core)", e);
        }

        if (code == 0 && !given.Has("--check"))
        {
            ManagerProgram.Say(given["--configuration"] is null
                ? $"the manager works on {host}. Next, there: 'osism init' for a new configuration repository, or a checkout of yours in /opt/configuration; then 'osism set vault password'"
                : $"the manager works on {host}, with its configuration. Next, there: 'osism set vault password'");
        }

        return code switch { 0 => ExitCode.Success, Unreachable => ExitCode.Unreachable, _ => ExitCode.Failed };
    }

    private static string Variables(ProgramWords given)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("hosts_manager", "all");
            if (given["--package"] is { } package)
            {
                json.WriteString("manager_package", File.Exists(package) ? Path.GetFullPath(package) : throw new OsismException(ErrorCodes.FileMissing, $"there is no package {package}; scripts/package makes one in a checkout") { File = package });
            }

            if (given["--port"] is { } port)
            {
                json.WriteNumber("ansible_port", ushort.TryParse(port, System.Globalization.NumberStyles.None, null, out var number) && number > 0 ? number : throw new OsismException(ErrorCodes.RequestInvalid, $"--port is '{port}': it must be 1 to 65535"));
            }

            if (given["--listen"] is { } listen)
            {
                json.WriteNumber("manager_port", System.Net.IPEndPoint.TryParse(listen, out var place) && place.Port > 0 ? place.Port : throw new OsismException(ErrorCodes.RequestInvalid, $"--listen is '{listen}': it must be ADDRESS:PORT, such as 127.0.0.1:8001"));
                json.WriteStartObject("manager_settings");
                json.WriteStartObject("api");
                json.WriteString("listen", listen);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            if (given["--configuration"] is { } url)
            {
                json.WriteString("configuration_git_url", url);
                json.WriteString("configuration_git_version", given["--branch"] ?? "main");
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }
}
