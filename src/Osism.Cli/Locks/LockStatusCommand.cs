using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Locks;

namespace Osism.Cli.Locks;

/// <summary><c>osism lock status</c></summary>
internal static class LockStatusCommand
{
    internal static readonly Column[] Columns =
    [
        new("Scope", held => held.Text("scope"), Fixed: true),
        new("Owner", held => held.Text("owner")),
        new("Since", held => Times.Local(held.TimeOrNull("since")), Fixed: true),
        new("Until", held => Times.Local(held.TimeOrNull("until")), Fixed: true),
        new("Source", held => held.Text("source"), Fixed: true),
        new("Reason", held => held.TextOrNull("reason")),
        new("ID", held => held.TextOrNull("job") ?? held.Text("id"), Fixed: true),
    ];

    public static Command Create(CliContext cli)
    {
        var scope = new LockOptions();
        var check = new Option<bool>("--check") { Description = "End with 3 when something keeps new jobs of the scope from starting, else with 0" };
        var format = Listing.FormatOption();
        var command = new Command("status", "Locks of operators and of the repository keep new jobs from starting; those of jobs are what their lock keys exclude while they run.");
        scope.AddTo(command);
        command.Add(check);
        command.Add(format);
        command.SetAction(parsed =>
        {
            using var page = JsonDocument.Parse(cli.Api.GetBytes(scope.Path(parsed), cli.Interrupts.Leave));
            var rows = Listing.Items(page.RootElement);
            var locked = Array.Exists(rows, held => held.Text("source") != LockInfo.FromJob);
            switch (parsed.GetValue(format))
            {
                case "json" or "yaml":
                    Listing.WriteObject(cli, Status(locked, rows), parsed.GetValue(format)!);
                    break;
                case "csv":
                    Listing.Write(cli, Columns, rows, "csv");
                    break;
                default:
                    cli.WriteLine(locked ? "LOCKED" : "UNLOCKED");
                    if (rows.Length > 0)
                        Listing.Write(cli, Columns, rows, "table");
                    break;
            }

            return locked && parsed.GetValue(check) ? ExitCode.Locked : ExitCode.Success;
        });
        return command;
    }

    /// <summary><c>{locked, locks}</c>.</summary>
    private static byte[] Status(bool locked, JsonElement[] rows)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteBoolean("locked", locked);
            json.WriteStartArray("locks");
            foreach (var row in rows)
                row.WriteTo(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
