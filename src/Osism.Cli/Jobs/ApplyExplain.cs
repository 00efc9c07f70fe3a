using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Collections;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Runs;

namespace Osism.Cli.Jobs;

/// <summary><c>osism apply --explain|--show-tree ROLE</c>: what would run, without running it.</summary>
internal static class ApplyExplain
{
    /// <exception cref="ProblemException">The manager refused, or is away.</exception>
    public static int Run(CliContext cli, ApplyArguments arguments, CancellationToken cancellationToken)
    {
        var format = arguments.Format ?? "log";
        if (format is "table" or "csv" || (format is "json" or "yaml" && arguments.ShowTree))
            throw new ProblemException(ErrorCodes.RequestInvalid, $"--format {format} does not go with --explain or --show-tree");

        var jobs = arguments.ToJobs(retry: 0);
        if (arguments.ShowTree)
        {
            WriteTree(cli, jobs, cancellationToken);
            return ExitCode.Success;
        }

        var bodies = new List<byte[]>();
        foreach (var job in jobs)
            bodies.Add(cli.Api.Send("POST", ApiRoutes.Explain, json => JobJson.Write(json, job), cancellationToken));

        if (format is "json" or "yaml")
        {
            if (bodies.Count == 1)
            {
                Listing.WriteObject(cli, bodies[0], format);
                return ExitCode.Success;
            }

            JsonElement[] items = [.. bodies.Select(body => JsonDocument.Parse(body).RootElement)];
            cli.Write(format == "json" ? JsonFormat.Write(items) : YamlFormat.Write(items));
            return ExitCode.Success;
        }

        for (var i = 0; i < bodies.Count; i++)
        {
            var plan = ApiClient.Read(bodies[i], RunPlanJson.Read);
            cli.Write((i == 0 ? "" : "\n") + Text(jobs[i], plan));
        }

        return ExitCode.Success;
    }

    /// <summary><c>osism explain ROLE</c>: what the roles are, then what would run. What stands in the way of a run takes nothing away from the first.</summary>
    /// <exception cref="ProblemException">A role is unknown, the manager refused, or is away.</exception>
    public static int RunWithRoles(CliContext cli, ApplyArguments arguments, CancellationToken cancellationToken)
    {
        var format = arguments.Format ?? "log";
        if (format is not ("log" or "json" or "yaml") || arguments.ShowTree)
            throw new ProblemException(ErrorCodes.RequestInvalid, "explain takes --format log, json or yaml, and no --show-tree");
        JsonElement[] roles = [.. arguments.Roles.Select(role => JsonDocument.Parse(cli.Api.GetBytes(ApiRoutes.Role(role), cancellationToken)).RootElement)];
        if (format != "log")
        {
            cli.Write((format, roles) switch
            {
                ("json", [var one]) => JsonFormat.Write(one),
                ("yaml", [var one]) => YamlFormat.Write(one),
                ("json", _) => JsonFormat.Write(roles),
                _ => YamlFormat.Write(roles),
            });
            return ExitCode.Success;
        }

        foreach (var role in roles)
            cli.Write(RoleText.Of(role) + "\n");
        return Run(cli, arguments, cancellationToken);
    }

    /// <summary>The lines of the original: depth in brackets, one dash more than the depth. Each link of a chain hangs below the one before it.</summary>
    private static void WriteTree(CliContext cli, List<SubmitJob> jobs, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var depth = 0;
        foreach (var job in jobs)
        {
            try
            {
                var plan = ApiClient.Read(cli.Api.Send("POST", ApiRoutes.Explain, json => JobJson.Write(json, job), cancellationToken), RunPlanJson.Read);
                CollectionText.AddTreeLine(text, depth++, $"{job.Role} ({plan.Environment}, {plan.Runtime})");
            }
            catch (ProblemException e) when (e.Problem.Code == ErrorCodes.RoleIsCollection.Code)
            {
                var collection = cli.Api.Get(ApiRoutes.Collection(job.Role!), CollectionJson.Read, cancellationToken);
                CollectionText.Require(collection);
                depth = CollectionText.AddTree(text, collection, depth);
            }
        }

        cli.Write(text.ToString());
    }

    private static string Text(SubmitJob job, RunPlanInfo plan)
    {
        var text = new StringBuilder();
        text.Append($"""
            role         {job.Role}
            runtime      {plan.Runtime}, queue {plan.Queue}
            environment  {plan.Environment}
            playbook     {plan.Playbook}
            directory    {plan.Cwd}
            inventory    revision {plan.Inventory.Revision}, {plan.Inventory.Path}
            vault        {(plan.Vault.Needed ? $"needed, password {plan.Vault.Source}" : $"not needed, password {plan.Vault.Source}")}

            """);
        Section(text, "encrypted", plan.Vault.Files);
        Section(text, "extra vars, later wins", plan.ExtraVarsFiles);
        Section(text, "ansible.cfg, later wins", plan.AnsibleCfg);
        Section(text, "locks", plan.Locks.Select(Lock));
        Section(text, "environment variables", plan.Env.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={Quote(pair.Value)}"));
        Section(text, "command", [string.Join(' ', plan.Argv.Select(Quote))]);
        Section(text, "warnings", plan.Warnings.Select(warning => $"{warning.Code}: {warning.Message}"));
        return text.ToString();
    }

    private static string Lock(RunLockInfo place)
    {
        var file = place.Path.Length > 0 ? $" ({place.Path})" : "";
        var holder = place.Holder is null ? "" : $" by {place.Holder}";
        return $"{place.Key}{file}{(place.Held ? $", HELD{holder}" : "")}{(place.Reason is null ? "" : $": {place.Reason}")}";
    }

    private static void Section(StringBuilder text, string title, IEnumerable<string> lines)
    {
        var first = true;
        foreach (var line in lines)
        {
            if (first)
                text.Append(title).Append('\n');
            first = false;
            text.Append("  ").Append(line).Append('\n');
        }
    }

    /// <summary>As a shell would have to be given it (POSIX.1-2017 XCU 2.2.2).</summary>
    private static string Quote(string word) =>
        word.Length > 0 && word.All(letter => char.IsAsciiLetterOrDigit(letter) || "-_./:=@%+,".Contains(letter, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
