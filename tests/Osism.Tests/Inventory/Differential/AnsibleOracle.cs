using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Osism.Testing;

namespace Osism.Tests.Inventory.Differential;

/// <summary>The real Ansible, asked many things in one process.</summary>
public sealed class AnsibleOracle : IDisposable
{
    // Debian's Ansible belongs to Debian's Python, whatever else is first on the PATH.
    private const string Python = "/usr/bin/python3";

    private readonly TempFolder _folder = new();
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Process _process;

    public AnsibleOracle()
    {
        var settings = _folder["ansible.cfg"];
        File.WriteAllText(settings, "");
        var start = new ProcessStartInfo(Python, [Checkout.PathOf("tests", "Osism.Tests", "Inventory", "Differential", "oracle.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
            UseShellExecute = false,
        };
        start.Environment["ANSIBLE_CONFIG"] = settings;
        start.Environment["LC_ALL"] = "C.UTF-8";
        _process = Process.Start(start)!;
        // Deprecations of Python; a full pipe would stop it.
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
    }

    /// <param name="arguments">As for <c>ansible-inventory</c>.</param>
    /// <param name="pattern">Asks which hosts it means instead. Ansible knows files of patterns (<c>@FILE</c>) as <c>--limit</c> only.</param>
    internal async Task<InventoryAnswer> AskAsync(IReadOnlyList<string> arguments, bool merge = false, string? pattern = null, string folder = "/")
    {
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["DEFAULT_HASH_BEHAVIOUR"] = merge ? "merge" : "replace" };
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new { args = arguments, cwd = folder, settings, match = pattern, limit = pattern?.Contains('@', StringComparison.Ordinal) == true }));
            await _process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            var line = await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)
                ?? throw new InvalidOperationException("The program that asks Ansible has ended");
            using var json = JsonDocument.Parse(line);
            return new InventoryAnswer(
                json.RootElement.GetProperty("rc").GetInt32() == 0,
                json.RootElement.GetProperty("out").GetString()!,
                string.Join('\n', json.RootElement.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString())));
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _gate.Dispose();
        _folder.Dispose();
    }
}

/// <param name="Talk">Warnings and errors.</param>
internal sealed record InventoryAnswer(bool Succeeded, string Output, string Talk)
{
    /// <summary>Ansible could not sort keys; then the order of hosts in groups of groups is that of a Python set, which changes from run to run.</summary>
    public bool IsUnsorted => Talk.Contains("Could not sort JSON", StringComparison.Ordinal);

    /// <summary>The lines in an order that does not depend on that of hosts.</summary>
    public string Lines => string.Join('\n', Output.Split('\n').Select(line => line.TrimEnd(',')).Order(StringComparer.Ordinal));
}
