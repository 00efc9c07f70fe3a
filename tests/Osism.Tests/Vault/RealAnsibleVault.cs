using System.Diagnostics;
using Osism.Testing;

namespace Osism.Tests.Vault;

/// <summary>The <c>ansible-vault</c> of this machine in a folder of its own. It must be installed: a missing tool fails the test.</summary>
internal sealed class RealAnsibleVault : IDisposable
{
    private static readonly TimeSpan Limit = Bounds.Long;

    public string Folder { get; } = Directory.CreateTempSubdirectory("osism-vault-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Encrypts with the real program; with a label a 1.2 text is made.</summary>
    public async Task<byte[]> EncryptAsync(byte[] plain, string password, string? label, CancellationToken cancellationToken)
    {
        var file = await WriteAsync("plain", plain, cancellationToken);
        await RunAsync("encrypt", file, password, label, cancellationToken);
        return await File.ReadAllBytesAsync(file, cancellationToken);
    }

    /// <summary>Decrypts in place with the real program.</summary>
    public async Task<byte[]> DecryptAsync(byte[] vault, string password, string? label, CancellationToken cancellationToken)
    {
        var file = await WriteAsync("vault", vault, cancellationToken);
        await RunAsync("decrypt", file, password, label, cancellationToken);
        return await File.ReadAllBytesAsync(file, cancellationToken);
    }

    /// <summary>What <c>ansible-vault view</c> prints.</summary>
    public async Task<byte[]> ViewAsync(byte[] vault, string password, CancellationToken cancellationToken)
    {
        var file = await WriteAsync("vault", vault, cancellationToken);
        return await RunAsync("view", file, password, label: null, cancellationToken);
    }

    private async Task<string> WriteAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Folder, name);
        await File.WriteAllBytesAsync(path, content, cancellationToken);
        return path;
    }

    private async Task<byte[]> RunAsync(string action, string file, string password, string? label, CancellationToken cancellationToken)
    {
        var passwordFile = Path.Combine(Folder, "password");
        await File.WriteAllTextAsync(passwordFile, password + "\n", cancellationToken);
        var start = new ProcessStartInfo("ansible-vault") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        start.Environment["HOME"] = Folder;
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["PAGER"] = "cat";
        start.ArgumentList.Add(action);
        start.ArgumentList.Add("--vault-id");
        start.ArgumentList.Add($"{label ?? "default"}@{passwordFile}");
        start.ArgumentList.Add(file);

        using var process = Process.Start(start)!;
        using var output = new MemoryStream();
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.StandardOutput.BaseStream.CopyToAsync(output, cancellationToken).WaitAsync(Limit, cancellationToken);
        await process.WaitForExitAsync(cancellationToken).WaitAsync(Limit, cancellationToken);
        Assert.True(process.ExitCode == 0, $"ansible-vault {action} ended with {process.ExitCode}: {await errors}");
        return output.ToArray();
    }
}
