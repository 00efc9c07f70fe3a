namespace Osism.Testing;

/// <summary>A folder below <c>/tmp</c> which everybody may pass (other users run parts of the manager); gone when disposed.</summary>
public sealed class TempFolder : IDisposable
{
    private const UnixFileMode Passable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private const int MostTries = 100;

    public TempFolder() => Directory.CreateDirectory(Path, Passable);

    public string Path { get; } = $"/tmp/osism-test-{Guid.NewGuid():N}"[..24];

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        for (var tries = 1; Directory.Exists(Path); tries++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException) when (tries < MostTries)
            {
                // Something that was told to end writes its last words in there.
            }
        }
    }
}
