using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.CommandLine;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Jobs;

/// <summary><c>osism validate [OPTIONS] [VALIDATOR [ARGUMENTS...]]</c>: the role that a validator stands for, applied as any.</summary>
internal static class ValidateCommand
{
    private static readonly Column[] Columns =
    [
        new("Validator", one => one.Text("validator"), Fixed: true),
        new("Role", one => one.Text("role")),
        new("Environment", one => one.Text("environment")),
        new("Action", one => one.TextOrNull("action")),
    ];

    public static Command Create(CliContext cli) => new("validate", """
        Runs the role that the validator stands for, and ends with 0 when nothing was found. Options before and after VALIDATOR are
        those of 'osism apply'; what is meant for Ansible comes after it. Without VALIDATOR: those there are.
        """)
    {
        new Argument<string>("validator") { Description = "Name of a validator, or NAME of a role validate-NAME", Arity = ArgumentArity.ZeroOrOne },
        new Argument<string[]>("arguments") { Description = "For Ansible, as they are", Arity = ArgumentArity.ZeroOrMore },
        new Option<string>("--environment", "-e") { HelpName = "ENV", Description = "Take the role from this environment; for validators of the kolla and the ceph runtime only" },
        new Option<int>("--timeout") { HelpName = "SECONDS", Description = $"Say so after this long without output. Default: {ApplyCommand.DefaultTimeout}" },
        new Option<bool>("--no-wait") { Description = "Submit and return" },
        new Option<string>("--format") { HelpName = "FORMAT", Description = "log or script; without VALIDATOR table, json, yaml or csv" },
    };

    /// <exception cref="ProblemException">The command line is wrong, there is no such validator, or the manager refused or is away.</exception>
    public static int Run(CliContext cli, string[] elements, GlobalOptions global, CancellationToken cancellationToken)
    {
        var arguments = ApplyArguments.Parse(elements, global);
        global.ApplyTo(cli.Talk);
        if (global.Help)
        {
            HelpWriter.WriteCommand(cli, CommandTable.Find("validate")!, Create(cli));
            return ExitCode.Success;
        }

        if (arguments.Role is not { } name)
            return List(cli, arguments);
        if (name.Contains("//", StringComparison.Ordinal) || arguments.Action is not null)
            throw new ProblemException(ErrorCodes.RequestInvalid, "validate takes one validator, and no --action");
        var validator = Validators.Find(name);
        try
        {
            return ApplyCommand.Run(cli, arguments.For(validator.Role, EnvironmentOf(validator, arguments), validator.Action), cancellationToken);
        }
        catch (ProblemException e) when (e.Problem.Code == ErrorCodes.RoleUnknown.Code && !Validators.All.Contains(validator))
        {
            var nearest = NearestNames.Find(name, Validators.All.Select(one => one.Name));
            throw new ProblemException(new ProblemInfo(ErrorCodes.RoleUnknown.Status, ErrorCodes.RoleUnknown.Code, $"there is no validator '{name}'; 'osism validate' lists them")
            {
                Nearest = nearest.Count > 0 ? nearest : null,
            });
        }
    }

    /// <summary>Plays of osism-ansible are where they are, as in the original.</summary>
    private static string? EnvironmentOf(Validator validator, ApplyArguments arguments) =>
        validator.Role.StartsWith("validate-", StringComparison.Ordinal) ? validator.Environment ?? arguments.Environment : arguments.Environment ?? validator.Environment;

    private static int List(CliContext cli, ApplyArguments arguments)
    {
        var format = arguments.Format is null or "log" or "script" ? "table" : arguments.Format;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var validator in Validators.All)
            {
                json.WriteStartObject();
                json.WriteString("validator", validator.Name);
                json.WriteString("role", validator.Role);
                json.WriteString("environment", validator.Environment);
                json.WriteString("action", validator.Action);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        Listing.Write(cli, Columns, [.. JsonElement.Parse(buffer.ToArray()).EnumerateArray()], format);
        return ExitCode.Success;
    }
}
