namespace Osism.Testing;

/// <summary>The other end of the daemon's failpoints (<c>test.failpoints</c>): holds it in a named phase.</summary>
/// <remarks>A file <c>NAME</c> arms a point, <c>NAME@ROLE</c> for jobs of one role. Who reaches it writes <c>NAME.hit</c> and waits until <c>NAME</c> is gone.</remarks>
public sealed class Failpoints(string folder)
{
    /// <summary>Value of the setting.</summary>
    public string Folder { get; } = Directory.CreateDirectory(folder).FullName;

    public void Arm(string name)
    {
        File.Delete(Hit(name));
        File.WriteAllText(PathOf(name), "");
    }

    /// <exception cref="TimeoutException">Nobody came to the point: the test did not test what it says.</exception>
    public Task ReachedAsync(string name, TimeSpan timeout, CancellationToken cancellationToken) =>
        Eventually.TrueAsync($"failpoint {name} is hit", () => File.Exists(Hit(name)), timeout, cancellationToken);

    /// <summary>Disarms every point and forgets who was there.</summary>
    public void Clear()
    {
        foreach (var file in Directory.GetFiles(Folder))
        {
            File.Delete(file);
        }
    }

    public void Release(string name) => File.Delete(PathOf(name));

    private string PathOf(string name) => Path.Combine(Folder, name);

    private string Hit(string name) => $"{PathOf(name)}.hit";
}
