using System.Diagnostics;

namespace Osism.Testing;

/// <summary>A file system of a few megabytes, mounted for a test (needs root).</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly TempFolder _folder = new();

    public SmallDisk(int megabytes)
    {
        Directory.CreateDirectory(Path);
        Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0711", "tmpfs", Path);
    }

    public string Path => _folder["disk"];

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Writes until nothing goes in any more.</summary>
    public async Task FillAsync(CancellationToken cancellationToken)
    {
        await using var file = File.Create(Filler, bufferSize: 0);
        var block = new byte[64 * 1024];
        for (var size = block.Length; size > 0;)
        {
            try
            {
                await file.WriteAsync(block.AsMemory(0, size), cancellationToken);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    public void MakeRoom() => File.Delete(Filler);

    public void Dispose()
    {
        Run("umount", "--lazy", Path);
        _folder.Dispose();
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
        }
    }
}
