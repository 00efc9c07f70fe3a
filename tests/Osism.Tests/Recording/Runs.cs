using System.Text.Json.Nodes;
using Npgsql;

namespace Osism.Tests.Recording;

/// <summary>Recordings that several tests look at.</summary>
internal static class Runs
{
    /// <summary>Two hosts, two plays, one result of each status.</summary>
    public static Task<RecordedRun> SmallAsync(NpgsqlDataSource database) => new RecordedRun()
        .Play("Deploy nova")
        .Task("nova : Copy config", role: "nova", action: "ansible.builtin.template")
        .Host("node-0", "changed", seconds: 2, diff: new JsonObject
        {
            ["before"] = "old\n",
            ["after"] = "new\nmore\n",
            ["before_header"] = "/etc/nova/nova.conf (content)",
            ["after_header"] = "/etc/nova/nova.conf (content)",
        })
        .Host("node-1", "ok", seconds: 1)
        .Task("Install")
        .Host("node-0", "failed", "no space left on \u001b[31mdevice\u0007", seconds: 5)
        .Host("node-1", "unreachable", "timed out", seconds: 3)
        .Play("Check")
        .Task("nova : Check", role: "nova", pause: 3)
        .Host("node-0", "skipped", seconds: 1)
        .Task("nova : Check", role: "nova")
        .Host("node-0", "ignored", "non-zero return code", res: new JsonObject { ["rc"] = 1, ["stderr"] = "a needle in stderr\ngrüße, say \"hi\"" })
        .WriteAsync(database);
}
